/** The optional package that runs local models. Nobody who does not use it needs it: it is loaded by name, if it is there. */

type Environment = Readonly<Record<string, string | undefined>>;

/** What of @agentmesh/llama-cpp is used here. */
export interface LlamaCppPackage {
  /** Throws when what it needs is not installed yet. */
  findLlamaCpp(environment: Environment): string;
  installLlamaCpp(options: {
    readonly environment: Environment;
    readonly onProgress?: (line: string) => void;
    readonly signal?: AbortSignal;
  }): Promise<{ readonly folder: string; readonly isNew: boolean }>;
  fetchHubModel(
    uri: string,
    request: {
      readonly environment: Environment;
      readonly isFetching: boolean;
      readonly signal?: AbortSignal;
      readonly onProgress?: (bytes: number, bytesTotal: number) => void;
    },
  ): Promise<string>;
}

const PACKAGE = "@agentmesh/llama-cpp";

/** Undefined when the package is not installed. */
export async function loadLlamaCpp(): Promise<LlamaCppPackage | undefined> {
  try {
    return (await import(PACKAGE)) as LlamaCppPackage;
  } catch {
    return undefined;
  }
}

/** Whether local models can run without anything being fetched. */
export async function canRunLlamaCpp(environment: Environment): Promise<boolean> {
  const llamaCpp = await loadLlamaCpp();
  try {
    return llamaCpp !== undefined && llamaCpp.findLlamaCpp(environment) !== "";
  } catch {
    return false;
  }
}
