/** One transaction: all of the work is stored, or none. Whoever else writes is waited for as long as the connection's timeout says. */
import type { DatabaseSync } from "node:sqlite";

export function inTransaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
