/** Rows as the file holds them. */

export interface StoredRow {
  readonly seq: number;
  readonly type: string;
  readonly atMs: number;
  /** JSON text. */
  readonly body: string;
  /** Undefined in stores of version 1, which had none. */
  readonly sum: number | undefined;
}

export interface StoredRun {
  readonly number: number;
  readonly id: string;
  readonly tenant: string;
  readonly name: string;
  readonly status: string;
  readonly createdMs: number;
}
