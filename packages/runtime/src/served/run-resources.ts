/** Runs and their traces, for reading. Those of other tenants are not there. */
import { isJson, type Json, type JsonObject, type Payload, type RunView, traceDocument } from "@agentmesh/core";
import { type ServedAnswer, ServedNameError } from "@agentmesh/mcp/server";
import type { Mesh } from "../mesh/mesh.ts";
import { UnknownRunError } from "../mesh/unknown-run-error.ts";
import { parseRunUri, runUri } from "./run-uri.ts";

/** In the list. */
const RUNS_SHOWN = 50;
/** Larger values are told of, not shown; bytes of canonical JSON. */
const VALUE_BYTES_MAX = 256 * 1024;
const MIME_TYPE = "application/json";

export async function runResources(mesh: Mesh): Promise<readonly JsonObject[]> {
  const runs = await mesh.runs({ limit: RUNS_SHOWN });
  return runs.map(({ run, name, status, createdAtMs }) => ({
    uri: runUri(run),
    name: run,
    title: name,
    description: status,
    mimeType: MIME_TYPE,
    annotations: { lastModified: new Date(createdAtMs).toISOString() },
  }));
}

export const RUN_TEMPLATES: readonly JsonObject[] = [
  {
    uriTemplate: "agentmesh://runs/{run}",
    name: "run",
    description: "A run: its tasks, errors and answer.",
    mimeType: MIME_TYPE,
  },
  {
    uriTemplate: "agentmesh://runs/{run}/trace",
    name: "trace",
    description: "Where the time of a run went, and of those that it has started, as spans.",
    mimeType: MIME_TYPE,
  },
];

/** Throws ServedNameError. */
export async function readRunResource(mesh: Mesh, uri: string): Promise<ServedAnswer> {
  const named = parseRunUri(uri);
  if (named === undefined) throw new ServedNameError("resource", uri);
  const { run, part } = named;
  try {
    const document = part === "run" ? runDocument(await mesh.show(run), mesh) : traceDocument(await mesh.trace(run));
    const text = JSON.stringify(document);
    return { kind: "result", result: { contents: [{ uri, mimeType: MIME_TYPE, text }] } };
  } catch (error) {
    if (error instanceof UnknownRunError) throw new ServedNameError("resource", uri);
    throw error;
  }
}

/** Whom it belongs to is known to whoever may read it. */
function runDocument({ tenant: _tenant, tasks, ...view }: RunView, mesh: Mesh): object {
  const shown = (payload: Payload | undefined): Json | undefined => payload && shownValue(payload, mesh);
  return {
    ...view,
    output: shown(view.output),
    answer: shown(view.answer),
    waits: view.waits.map((wait) => ({ ...wait, args: shown(wait.args) })),
    tasks: Object.fromEntries(Object.entries(tasks).map(([id, task]) => [id, { ...task, output: shown(task.output) }])),
  };
}

function shownValue(payload: Payload, mesh: Mesh): Json {
  const { bytes, hash } = payload;
  if (bytes > VALUE_BYTES_MAX) return { $cut: true, bytes, hash };
  const value = mesh.value(payload);
  return isJson(value) ? value : { $lost: true, hash };
}
