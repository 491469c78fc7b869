/** Values that the core itself gives to tasks. The core does not hash: these hashes stand here, and a test holds them true. */
import type { Payload } from "./payload.ts";

/** null */
export const NULL_PAYLOAD: Payload = { hash: "dCNOmK_nSY-12vHzasLXiswzlGT5UHA7jAGYkvmCuQs", bytes: 4, value: null };
/** What `mesh.approve` gives. */
export const APPROVED_PAYLOAD: Payload = {
  hash: "IOwvOPyWvH1Bapr1N0k64LribFrUxaDy2U9W-cPgSVg",
  bytes: 17,
  value: { approved: true },
};
export const REJECTED_PAYLOAD: Payload = {
  hash: "LNKe-DySQTgTS8_t_3mPJJDo_Kw3LW-Nsc0d7u2ISFQ",
  bytes: 18,
  value: { approved: false },
};
