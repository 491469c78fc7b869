/** The limit of PostgreSQL: one prepared INSERT a step, each a commit, through a pool of ten connections. */
import { Pool } from "pg";
import { stepWork } from "./step-work.ts";
import type { Subject, Workload } from "./subject.ts";

const CONNECTIONS = 10;

export async function postgresLimit(url: string, workload: Workload): Promise<Subject> {
  const pool = new Pool({ connectionString: url, max: CONNECTIONS });
  const table = `limit_${process.pid}`;
  await pool.query(`CREATE TABLE ${table}(run int, idx int, out text, PRIMARY KEY(run, idx))`);
  const work = stepWork(workload);
  let commits = 0;
  let rounds = 0;
  const text = `INSERT INTO ${table} VALUES($1, $2, $3)`;
  const chain = async (run: number): Promise<void> => {
    for (let index = 0; index < workload.steps; index++) {
      commits++;
      await pool.query({ name: "step", text, values: [run, index, JSON.stringify(await work(index))] });
    }
  };
  return {
    round: async () => {
      const first = rounds++ * workload.runs;
      await Promise.all(Array.from({ length: workload.runs }, (_, run) => chain(first + run)));
      return workload.runs * workload.steps;
    },
    commits: () => commits,
    [Symbol.asyncDispose]: async () => {
      await pool.query(`DROP TABLE ${table}`);
      await pool.end();
    },
  };
}
