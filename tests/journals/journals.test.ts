/**
 * Journals that versions have recorded are read for ever: each decodes, folds to what its run had come to then, and passes the
 * independent check.
 */
import { decodeEvent } from "@agentmesh/core";
import { textDigest } from "@agentmesh/store";
import { verifyRun } from "@agentmesh/verify";
import { describe, expect, test } from "vitest";
import { recordedJournals, snapshotOf } from "./recorded-journal.ts";

const journals = recordedJournals();

test("there are journals of a version", () => {
  expect(journals.length).toBeGreaterThan(5);
});

describe.each(journals)("$version $name", ({ journal: { run, rows, blobs, snapshot } }) => {
  test("decodes, and folds to what it was", () => {
    expect(snapshotOf(rows.map((row) => decodeEvent(run.id, row, textDigest)))).toEqual(snapshot);
  });

  test("keeps the promises", () => {
    expect(verifyRun({ run, rows, readBlob: (hash) => blobs[hash] }).violations).toEqual([]);
  });
});
