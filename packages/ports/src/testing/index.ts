export { modelContract, type ModelContractSubject } from "./model-contract.ts";
