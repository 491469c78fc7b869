/** The configuration in force: defaults, then the file, then the environment, then what the caller says itself. */
import { dirname, resolve } from "node:path";
import { jsonPointer } from "@agentmesh/core";
import type { WorkflowBook } from "../workflows/workflow-book.ts";
import { agentProblems } from "./agent-servers.ts";
import { configuredWorkflows } from "./configured-workflows.ts";
import { approvalProblems } from "./approval-names.ts";
import { type Environment, expandVariables } from "./config-environment.ts";
import { findConfigFile, readConfigFile } from "./config-file.ts";
import { formatOf } from "./config-file-name.ts";
import { ConfigInvalidError } from "./config-invalid-error.ts";
import type { ConfigOrigin } from "./config-origin.ts";
import { environmentOverrides } from "./config-overrides.ts";
import type { ConfigProblem } from "./config-problem.ts";
import { withDefaults } from "./default-settings.ts";
import { detectModels, KEY_MODELS, type ModelProbes } from "./detect-models.ts";
import { LATER_KEYS } from "./later-key.ts";
import { MeshConfig, type MeshConfigInput } from "./mesh-config.ts";
import { roleProblems } from "./model-roles.ts";
import { plainJson } from "./plain-json.ts";
import { resolvePaths } from "./relative-paths.ts";
import { problemsOf } from "./schema-problem.ts";
import { secretSettings } from "./secret-settings.ts";
import { isSecretName } from "./secret-text.ts";
import {
  EMPTY_SOURCED,
  findSourced,
  jsonOf,
  membersOf,
  mergeSourced,
  sourcedAt,
  sourcedFrom,
  sourcedLeaves,
  type SourcedValue,
  withoutSourced,
} from "./sourced-value.ts";

export interface LoadConfigOptions {
  /** Where the search for a file begins, and relative paths of variables and options. */
  readonly workingDirectory: string;
  /** The file that was named; else the one of AGENTMESH_CONFIG, else the nearest upward. False: none at all. */
  readonly file?: string | false;
  readonly environment: Environment;
  /** Flags of the command line, or what `createMesh` was given. An entry of `models` or `mcpServers` replaces that entry. */
  readonly overrides?: Partial<MeshConfigInput>;
  readonly probes?: ModelProbes;
}

export interface LoadedConfig {
  /** Paths in it are absolute. */
  readonly config: MeshConfig;
  /** The plans of `workflows`, read. */
  readonly workflows: WorkflowBook;
  /** Every value in force as a user writes it, with its origin. */
  readonly settings: SourcedValue;
  /** By JSON Pointer into what a user writes; of scalars and empty containers. */
  readonly origins: ReadonlyMap<string, ConfigOrigin>;
  /** Absolute path; absent when there is none. */
  readonly file?: string;
  /** The folder of the file, else the working directory. Absolute. */
  readonly directory: string;
  /** To be masked wherever they turn up. */
  readonly secrets: readonly string[];
}

/** Throws a ConfigError. No configuration at all is fine. */
export async function loadConfig(options: LoadConfigOptions): Promise<LoadedConfig> {
  const workingDirectory = resolve(options.workingDirectory);
  const file = await fileOf(options, workingDirectory);
  const directory = file === undefined ? workingDirectory : dirname(file);
  const said = await saidBy(options, file);
  const problems = [...said.problems, ...laterKeyProblems(said.tree)];
  const known = LATER_KEYS.reduce((tree, { path }) => withoutSourced(tree, path), said.tree);
  const complete = await withDetectedModels(known, options);
  const settings = resolvePaths(withDefaults(complete), { directory, workingDirectory });
  const config = checked(resolvePaths(complete, { directory, workingDirectory }), file, problems);
  const store = findSourced(settings, ["store"])?.value;
  const workflows = await configuredWorkflows(config.workflows, settings, file);
  return {
    workflows,
    config: typeof store === "string" ? { ...config, store } : config,
    settings,
    origins: new Map([...sourcedLeaves(settings)].map(({ path, origin }) => [jsonPointer(path), origin])),
    ...(file === undefined ? {} : { file }),
    directory,
    secrets: [...new Set([...said.secrets, ...secretSettings(settings), ...keysIn(options.environment)])],
  };
}

async function fileOf(options: LoadConfigOptions, workingDirectory: string): Promise<string | undefined> {
  if (options.file === false) return undefined;
  const named = options.file ?? (options.environment["AGENTMESH_CONFIG"] || undefined);
  return named === undefined ? await findConfigFile(workingDirectory) : resolve(workingDirectory, named);
}

interface Said {
  readonly tree: SourcedValue;
  readonly problems: readonly ConfigProblem[];
  readonly secrets: readonly string[];
}

/** The layers, one over the other. */
async function saidBy({ environment, overrides }: LoadConfigOptions, file: string | undefined): Promise<Said> {
  const written = file === undefined ? { tree: EMPTY_SOURCED, secrets: [] } : await writtenIn(file, environment);
  const fromVariables = environmentOverrides(environment, written.tree);
  const below = mergeSourced(written.tree, fromVariables.tree);
  const passed = sourcedOptions(overrides ?? {});
  const tree = mergeSourced(withoutReplacedEntries(below, passed.tree), passed.tree);
  return { tree, problems: [...fromVariables.problems, ...passed.problems], secrets: written.secrets };
}

async function writtenIn(file: string, environment: Environment): Promise<Omit<Said, "problems">> {
  const tree = await readConfigFile(file);
  if (membersOf(tree) === undefined) {
    const message = "The file must hold an object: keys and their values.";
    throw new ConfigInvalidError(file, [{ path: [], origin: { kind: "file", file, line: 1 }, message }]);
  }
  // A module reads the environment by itself; what it took from there is known by comparing.
  if (formatOf(file) === "module") return { tree, secrets: secretsOfModule(tree, environment) };
  return expandVariables(tree, environment, file);
}

function secretsOfModule(tree: SourcedValue, environment: Environment): readonly string[] {
  const texts = [...sourcedLeaves(tree)].map(({ value }) => value).filter((value) => typeof value === "string");
  return Object.entries(environment)
    .filter(([name, value]) => value !== undefined && value !== "" && isSecretName(name))
    .map(([, value]) => value ?? "")
    .filter((secret) => texts.some((text) => text.includes(secret)));
}

function sourcedOptions(overrides: Partial<MeshConfigInput>): Omit<Said, "secrets"> {
  const origin = { kind: "option" } as const;
  const plain = plainJson(overrides);
  if (plain.isPlain) return { tree: sourcedFrom(plain.json, () => origin), problems: [] };
  const message = `Options must be plain data: ${plain.problem}.`;
  return { tree: EMPTY_SOURCED, problems: [{ path: [], origin, message }] };
}

/** A model or a server is one thing: half of one and half of another is neither. */
function withoutReplacedEntries(below: SourcedValue, options: SourcedValue): SourcedValue {
  const replaced = ["models", "mcpServers", "workflows", "agents"].flatMap((section) =>
    [...(membersOf(findSourced(options, [section]))?.keys() ?? [])].map((name) => [section, name]),
  );
  return replaced.reduce(withoutSourced, below);
}

function laterKeyProblems(tree: SourcedValue): readonly ConfigProblem[] {
  return LATER_KEYS.flatMap(({ path, advice }) => {
    const node = findSourced(tree, path);
    if (node === undefined) return [];
    return [{ path, origin: node.origin, message: "This key is not in this version.", suggestion: advice }];
  });
}

async function withDetectedModels(tree: SourcedValue, options: LoadConfigOptions): Promise<SourcedValue> {
  const models = findSourced(tree, ["models"]);
  if (models !== undefined && membersOf(models)?.size !== 0) return tree;
  const detected = await detectModels(options.environment, options.probes ?? {});
  return detected.reduce(
    (merged, { name, entry, origin }) =>
      mergeSourced(
        merged,
        sourcedAt(
          ["models", name],
          sourcedFrom(entry, () => origin),
        ),
      ),
    tree,
  );
}

/** Throws ConfigInvalidError with these problems and every one that the schema finds. */
function checked(tree: SourcedValue, file: string | undefined, problems: readonly ConfigProblem[]): MeshConfig {
  const result = MeshConfig.safeParse(jsonOf(tree));
  const found = [
    ...problems,
    ...(result.success ? [] : problemsOf(result.error.issues, tree)),
    ...roleProblems(tree),
    ...approvalProblems(tree),
    ...agentProblems(tree),
  ];
  if (found.length > 0 || !result.success) throw new ConfigInvalidError(file, found.toSorted(byLine));
  return result.data;
}

function byLine(left: ConfigProblem, right: ConfigProblem): number {
  return lineOf(left) - lineOf(right);
}

/** What stands in no line comes last. */
function lineOf({ origin }: ConfigProblem): number {
  return origin.kind === "file" ? (origin.line ?? 0) : Number.MAX_SAFE_INTEGER;
}

/** The keys of vendors, which models take by themselves. */
function keysIn(environment: Environment): readonly string[] {
  return KEY_MODELS.flatMap(({ variables }) => variables).flatMap((name) => environment[name] || []);
}
