/** `npm run models:pull [-- NAME]`: what a local model needs, into the user's cache: llama.cpp and the model itself. Does nothing twice. */
import { fetchHubModel, installLlamaCpp } from "@agentmesh/llama-cpp";
import { DEFAULT_LOCAL_MODEL, pullModel, type PullProgress } from "@agentmesh/models";

const environment = process.env;
/** Between two lines of progress. */
const LINE_BYTES = 25_000_000;
let nextLineBytes = 0;

function show(progress: PullProgress): void {
  if (progress.phase === "announce") {
    const { alias, bytes, terms } = progress.model;
    console.error(`${alias}: downloads ${megabytes(progress.bytesTotal)}, takes ${megabytes(bytes)}.`);
    console.error(`Using it means to agree to the ${terms.name}: ${terms.url}`);
  } else if (progress.phase === "wait") console.error(`Waiting for process ${progress.owner}, which fetches it.`);
  else if (progress.phase === "download" && progress.bytes >= nextLineBytes) {
    nextLineBytes = progress.bytes + LINE_BYTES;
    console.error(`  ${megabytes(progress.bytes)} of ${megabytes(progress.bytesTotal)}`);
  }
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

await installLlamaCpp({ environment, onProgress: (line) => console.error(line) });
const fetchHub = (uri: string) => fetchHubModel(uri, { environment, isFetching: true });
const { file } = await pullModel(process.argv[2] ?? DEFAULT_LOCAL_MODEL, { environment, onProgress: show, fetchHub });
console.log(file);
