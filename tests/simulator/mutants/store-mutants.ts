/** Planted bugs of the store: commits, owners, the inbox. */
import type { Mutant } from "./mutant.ts";

const STORE = "packages/store/src/sqlite/";

export const STORE_MUTANTS: readonly Mutant[] = [
  {
    name: "ack-before-commit",
    file: `${STORE}group-commit.ts`,
    find: "    return done.promise as Promise<Result>;",
    replace: "    done.resolve(undefined);\n    return done.promise as Promise<Result>;",
    breaks: "An append is acknowledged before it is durable.",
  },
  {
    name: "failed-commit-acknowledged",
    file: `${STORE}group-commit.ts`,
    find: "        for (const { done } of batch) done.reject(failure);",
    replace: "        for (const { done } of batch) done.resolve(failure);",
    breaks: "A commit that failed is taken for one that was stored.",
  },
  {
    name: "reordered-append",
    file: `${STORE}group-commit.ts`,
    find: "      const settlements = batch.map(settlementOf);",
    replace: "      const settlements = batch.toReversed().map(settlementOf);",
    breaks: "Appends of one turn are stored in another order.",
  },
  {
    name: "value-lost",
    file: `${STORE}sqlite-store.ts`,
    find: '    this.#file.statement("INSERT INTO blob(hash, body) VALUES(?, ?) ON CONFLICT DO NOTHING").run(hash, body);',
    replace: "    if (body.length < 300) this.#waitingBlobs.delete(hash);",
    breaks: "A receipt is stored without its value, which is lost with the process.",
  },
  {
    name: "lost-fence",
    file: `${STORE}run-leases.ts`,
    find: "    if (held.checkedAt === this.#version) return true;",
    replace: "    if (held.checkedAt !== -1) return true;",
    breaks: "An owner that was replaced while it was stopped still appends.",
    also: [
      {
        file: `${STORE}run-leases.ts`,
        find: "      if (renewed.changes === 0) this.#abandonRow();",
        replace: "",
      },
    ],
  },
  {
    name: "stolen-lease",
    file: `${STORE}run-leases.ts`,
    find: "    if (this.#isLiving(owner) && !isOwnLeftover) {",
    replace: "    if (this.#isLiving(owner) && !isOwnLeftover && owner.leaseUntilMs < 0) {",
    breaks: "A run is taken from an owner that lives.",
  },
  {
    name: "dead-owner-kept",
    file: `${STORE}run-leases.ts`,
    find: "    if (owner.leaseUntilMs <= this.#options.nowMs()) return false;",
    replace: "    if (owner.leaseUntilMs <= 0) return false;",
    breaks: "A lease never ends: what a dead machine has held is lost.",
  },
  {
    name: "answer-without-commit",
    file: `${STORE}sqlite-store.ts`,
    find: "    for (const answer of answers) this.#inbox.settle(answer);",
    replace: "    for (const answer of events.length > 0 ? [] : answers) this.#inbox.settle(answer);",
    breaks: "A command that was followed stays unanswered, and is followed again.",
  },
];
