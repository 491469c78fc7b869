/** `node --expose-gc fault-host.ts ORDER`: the host of one cell. Prints its report, and ends by itself. */
import { runSubject, type SubjectOrder } from "./cell-subject.ts";

const report = await runSubject(JSON.parse(process.argv[2] ?? "") as SubjectOrder);
process.stdout.write(`${JSON.stringify(report)}\n`);
