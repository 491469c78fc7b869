import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { JsonObject } from "@agentmesh/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConfigError } from "./config-error.ts";
import { describeOrigin } from "./config-origin.ts";
import { explainConfig } from "./explain-config.ts";
import { type LoadConfigOptions, loadConfig, type LoadedConfig } from "./load-config.ts";

let folder: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "agentmesh-config-")));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Given extends Partial<LoadConfigOptions> {
  /** Text by path below the folder. */
  readonly files?: Readonly<Record<string, string>>;
  /** Where one stands, below the folder. */
  readonly at?: string;
}

async function load({ files = {}, at = ".", ...options }: Given): Promise<LoadedConfig> {
  const workingDirectory = join(folder, at);
  await mkdir(workingDirectory, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return await loadConfig({ workingDirectory, environment: {}, ...options });
}

interface Refusal {
  readonly code: string;
  /** What a user reads; the folder is `~`. */
  readonly message: string;
  readonly hint: string;
  readonly facts: JsonObject;
}

async function refused(given: Given): Promise<Refusal> {
  const error: unknown = await load(given).then(
    () => "It was loaded.",
    (error_: unknown) => error_,
  );
  if (!(error instanceof ConfigError)) throw error;
  const { code, facts } = error;
  return { code, message: error.message.replaceAll(folder, "~"), hint: error.hint.replaceAll(folder, "~"), facts };
}

async function message(given: Given): Promise<string> {
  return (await refused(given)).message;
}

const yaml = (text: string) => ({ files: { "agentmesh.config.yaml": text } });

describe("without any configuration", () => {
  test("everything has its default", async () => {
    const { config, file, directory, secrets, origins } = await load({});
    expect(config).toMatchObject({
      models: {},
      roles: {},
      mcpServers: {},
      store: join(folder, ".agentmesh/store.db"),
      tenant: "default",
      log: { level: "info", memoryMax: 1000 },
      policy: { inDoubt: "ask", concurrency: { run: 16 } },
    });
    expect({ file, directory, secrets }).toEqual({ file: undefined, directory: folder, secrets: [] });
    expect(origins.get("/policy/concurrency/run")).toEqual({ kind: "default" });
  });

  test("a key of a vendor is a model, by order of preference, and the key a secret", async () => {
    const { config, origins, secrets } = await load({
      environment: { GEMINI_API_KEY: "g-key", OPENAI_API_KEY: "o-key" },
    });
    expect(Object.values(config.models).map(({ provider }) => provider)).toEqual(["openai", "gemini"]);
    expect(origins.get("/models/gemini/model")).toEqual({ kind: "environment", variable: "GEMINI_API_KEY" });
    expect(secrets).toEqual(["o-key", "g-key"]);
  });

  const probes = { ollamaModels: () => Promise.resolve(["nomic-embed-text", "qwen3:8b"]), hasLocalModel: () => true };

  test("a running Ollama comes before a pulled model, and embeddings are no model", async () => {
    const { config, origins } = await load({ probes });
    expect(config.models).toMatchObject({ ollama: { provider: "ollama", model: "qwen3:8b" } });
    expect(describeOrigin(origins.get("/models/ollama/model") ?? { kind: "default" })).toBe(
      "Ollama at 127.0.0.1:11434",
    );
  });

  test("a pulled model comes last", async () => {
    const { config } = await load({ probes: { ...probes, ollamaModels: () => Promise.resolve([]) } });
    expect(config.models).toMatchObject({ local: { provider: "llama-cpp", model: "gemma-3-270m" } });
  });

  test("nothing is looked for when AGENTMESH_NO_MODEL says so, or a model is configured", async () => {
    expect((await load({ probes, environment: { AGENTMESH_NO_MODEL: "1" } })).config.models).toEqual({});
    const configured = await load({ probes, ...yaml("models: { large: { provider: openai, model: gpt-5 } }") });
    expect(Object.keys(configured.config.models)).toEqual(["large"]);
  });
});

describe("the file", () => {
  test("of the nearest folder upward wins", async () => {
    const files = { "agentmesh.config.yaml": "tenant: outer", "a/agentmesh.config.json": '{ "tenant": "inner" }' };
    const { config, file, directory } = await load({ files, at: "a/b/c" });
    expect(config.tenant).toBe("inner");
    expect(file).toBe(join(folder, "a/agentmesh.config.json"));
    expect(directory).toBe(join(folder, "a"));
    expect(config.store).toBe(join(folder, "a/.agentmesh/store.db"));
  });

  test("is the one that was named, by a flag before a variable; false is none", async () => {
    const files = { "agentmesh.config.yaml": "tenant: found", "x.yaml": "tenant: x", "y.json": '{"tenant":"y"}' };
    const environment = { AGENTMESH_CONFIG: "y.json" };
    expect((await load({ files, environment, file: "x.yaml" })).config.tenant).toBe("x");
    expect((await load({ files, environment })).config.tenant).toBe("y");
    expect((await load({ files, environment, file: false })).config.tenant).toBe("default");
  });

  test("may be empty, or have sections with nothing in them", async () => {
    expect((await load(yaml(""))).config.tenant).toBe("default");
    expect((await load(yaml("# nothing\nmcpServers:\n#  files: {}\n"))).config.mcpServers).toEqual({});
    expect((await load({ files: { "a/agentmesh.config.json": "" }, at: "a" })).config.tenant).toBe("default");
    expect((await load(yaml("\ufefftenant: marked\r\nlog:\r\n  level: warn\r\n"))).config.log.level).toBe("warn");
  });

  test("is a program: an object, or a function that returns one later", async () => {
    const object = 'const tenant: string = "typed";\nexport default { tenant, store: undefined };';
    const loaded = await load({ files: { "a/agentmesh.config.ts": object }, at: "a" });
    expect(loaded.config.tenant).toBe("typed");
    expect(loaded.origins.get("/tenant")).toEqual({ kind: "file", file: join(folder, "a/agentmesh.config.ts") });
    const later = 'export default async () => ({ tenant: "later" });';
    expect((await load({ files: { "b/agentmesh.config.mjs": later }, at: "b" })).config.tenant).toBe("later");
  });

  test("twice in one folder is an error that names both", async () => {
    const files = { "agentmesh.config.yaml": "", "agentmesh.config.json": "{}" };
    expect(await refused({ files })).toMatchObject({
      code: "AM_CONFIG_AMBIGUOUS",
      message: "More than one configuration file in ~: agentmesh.config.yaml, agentmesh.config.json.",
      hint: "Keep one of them, or say which with: --config agentmesh.config.yaml",
    });
  });

  test("that was named and is not there is missed, with what is near", async () => {
    const files = { "mesh.yaml": "", "notes.txt": "" };
    expect(await refused({ files, file: "mehs.yaml" })).toMatchObject({
      code: "AM_CONFIG_NOT_FOUND",
      message: "There is no configuration file ~/mehs.yaml.",
      hint: 'Did you mean "mesh.yaml"? Create one with: agentmesh init',
    });
  });

  test.each([
    ["a folder", ".", "~ is not a file."],
    ["of no known kind", "mesh.toml", "~/mesh.toml has a name that does not say what it is."],
    ["in another encoding", "latin.yaml", "~/latin.yaml is not UTF-8 text."],
  ])("that is %s is refused", async (_, file, text) => {
    await writeFile(join(folder, "latin.yaml"), Buffer.from([0x74, 0x3a, 0x20, 0xe9, 0x0a]));
    expect(await refused({ files: { "mesh.toml": "" }, file })).toMatchObject({
      code: "AM_CONFIG_UNREADABLE",
      message: text,
    });
  });

  test.each([
    ["throws", "throw new RangeError('no network');", "could not be run: no network"],
    ["is no program", "export default {", /could not be run: ./],
    ["exports nothing", "export const config = {};", "has no default export."],
    ["gives no object", "export default 7;", "gives no configuration object."],
    ["gives code", "export default { log: { file: () => 1 } };", "gives no plain data: log.file is a function."],
    ["gives a class", "export default { log: new Map() };", "gives no plain data: log is no plain object."],
  ])("that is a program and %s is refused", async (_, text, expected) => {
    const { code, message: said } = await refused({ files: { "agentmesh.config.mjs": text } });
    expect(code).toBe("AM_CONFIG_MODULE");
    expect(said).toMatch(/^~\/agentmesh\.config\.mjs /);
    expect(said.slice("~/agentmesh.config.mjs ".length)).toEqual(
      typeof expected === "string" ? expected : expect.stringMatching(expected),
    );
  });
});

describe("precedence", () => {
  const file = { "agentmesh.config.yaml": "policy:\n  retryMax: 3\n  backoffMs: 5\n  patchesMax: 4\ntenant: file\n" };
  const environment = {
    AGENTMESH_POLICY__RETRYMAX: "7",
    AGENTMESH_TENANT: "variable",
    AGENTMESH_POLICY__PATCHES_MAX: "5",
  };
  const overrides = { tenant: "option", policy: { patchesMax: 6 } };

  test.each([
    ["/tenant", "option", "option"],
    ["/policy/patchesMax", 6, "option"],
    ["/policy/retryMax", 7, "AGENTMESH_POLICY__RETRYMAX"],
    ["/policy/backoffMs", 5, "agentmesh.config.yaml:3"],
    ["/policy/planAttemptsMax", 3, "default"],
  ])("%s is %s by %s", async (pointer, value, origin) => {
    const loaded = await load({ files: file, environment, overrides });
    const explained = explainConfig(loaded).find((entry) => entry.pointer === pointer);
    expect(explained?.value).toBe(value);
    expect(describeOrigin(loaded.origins.get(pointer) ?? { kind: "default" })).toBe(origin);
    const [, section = "", key = ""] = pointer.split("/");
    const inForce = loaded.config[section as "policy"] as unknown;
    expect(key === "" ? inForce : (inForce as Record<string, unknown>)[key]).toBe(value);
  });

  test("an entry of options replaces the entry of the file, and leaves the others", async () => {
    const { config } = await load({
      ...yaml("mcpServers:\n  one: { url: https://example.org/mcp }\n  two: { command: two }\n"),
      overrides: { mcpServers: { one: { command: "local" } } },
    });
    expect(config.mcpServers).toMatchObject({ one: { transport: "stdio", command: "local" }, two: { command: "two" } });
  });

  test("relative paths are meant from where they were said", async () => {
    const text = "store: s.db\nlog: { file: l.ndjson }\nmcpServers: { a: { command: a, cwd: tools } }\n";
    const given = { files: { "agentmesh.config.yaml": text }, at: "below" };
    const { config } = await load(given);
    expect([config.store, config.log.file]).toEqual([join(folder, "s.db"), join(folder, "l.ndjson")]);
    expect(config.mcpServers["a"]).toMatchObject({ cwd: join(folder, "tools") });
    const moved = await load({ ...given, environment: { AGENTMESH_STORE: "e.db" } });
    expect(moved.config.store).toBe(join(folder, "below/e.db"));
    expect((await load({ ...given, overrides: { store: ":memory:" } })).config.store).toBe(":memory:");
  });
});

describe("environment overrides", () => {
  test("reach every depth, match keys without case, and keep text where text belongs", async () => {
    const { config } = await load({
      ...yaml("mcpServers: { web-site: { url: https://example.org/mcp } }\n"),
      environment: {
        AGENTMESH_POLICY__CONCURRENCY__RUN: "4",
        AGENTMESH_POLICY__CONCURRENCY__SERVERS: '{"web-site": 2}',
        AGENTMESH_MCPSERVERS__WEB_SITE__TIMEOUTMS: "1500",
        AGENTMESH_MCPSERVERS__EXTRA__COMMAND: "true",
        AGENTMESH_MCPSERVERS__EXTRA__ARGS: '["-y", "7"]',
        AGENTMESH_TENANT: "42",
        AGENTMESH_LOG_LEVEL: "debug",
        AGENTMESH_STORE: "",
        AGENTMESH_CORPORA: "anywhere",
      },
    });
    expect(config).toMatchObject({
      policy: { concurrency: { run: 4, servers: { "web-site": 2 } } },
      mcpServers: { "web-site": { timeoutMs: 1500 }, extra: { command: "true", args: ["-y", "7"] } },
      tenant: "42",
      log: { level: "debug" },
      store: join(folder, ".agentmesh/store.db"),
    });
  });

  test("that set nothing are refused, with a suggestion", async () => {
    const environment = { AGENTMESH_POLICY__CONCURENCY__RUN: "4", AGENTMESH_TENNANT: "x" };
    expect(await message({ environment })).toBe(
      [
        "The configuration has 2 problems:",
        '  variable AGENTMESH_POLICY__CONCURENCY__RUN: It sets no key of the configuration. Did you mean "AGENTMESH_POLICY__CONCURRENCY__RUN" or "AGENTMESH_POLICY__CONCURRENCY__TOOLS" or "AGENTMESH_POLICY__CONCURRENCY__SERVERS"?',
        '  variable AGENTMESH_TENNANT: It sets no key of the configuration. Did you mean "AGENTMESH_TENANT" or "AGENTMESH_TENANTS" or "AGENTMESH_AGENTS"?',
      ].join("\n"),
    );
  });

  test("that are wrong are named", async () => {
    expect(await message({ environment: { AGENTMESH_LOG_LEVEL: "loud" } })).toBe(
      'The configuration has one problem:\n  variable AGENTMESH_LOG_LEVEL, log.level: This must be one of "error", "warn", "info", "debug".',
    );
  });
});

describe("variables in values", () => {
  const text = [
    "mcpServers:",
    "  web:",
    "    url: https://${HOST:-example.org}/mcp",
    '    auth: { bearer: "${WEB_TOKEN}" }',
    '    headers: { x-note: "costs $${PRICE}" }',
  ].join("\n");

  test("are replaced, are secrets, and are seen in the origin", async () => {
    const { config, secrets, origins } = await load({ ...yaml(text), environment: { WEB_TOKEN: "t0p-secret" } });
    expect(config.mcpServers["web"]).toMatchObject({
      url: "https://example.org/mcp",
      bearer: "t0p-secret",
      headers: { "x-note": "costs ${PRICE}" },
    });
    expect(secrets).toEqual(["t0p-secret"]);
    expect(origins.get("/mcpServers/web/auth/bearer")).toEqual({
      kind: "file",
      file: join(folder, "agentmesh.config.yaml"),
      line: 4,
      variables: ["WEB_TOKEN"],
    });
  });

  test("that are missing are all named, with their places", async () => {
    const both = `${text}\n  other: { command: "\${TOOLS}/run", env: { KEY: "\${WEB_TOKEN}" } }\n`;
    expect(await refused(yaml(both))).toMatchObject({
      code: "AM_CONFIG_VARIABLE_MISSING",
      message: [
        "~/agentmesh.config.yaml names environment variables that are not set:",
        "  line 4, mcpServers.web.auth.bearer: WEB_TOKEN",
        "  line 6, mcpServers.other.command: TOOLS",
        "  line 6, mcpServers.other.env.KEY: WEB_TOKEN",
      ].join("\n"),
      hint: "Set WEB_TOKEN, TOOLS, or give a default in the file: ${WEB_TOKEN:-default}",
    });
  });

  test("of another host's notation are refused, not sent", async () => {
    expect(await message(yaml("mcpServers: { a: { command: '${env:TOOL}' } }"))).toBe(
      "~/agentmesh.config.yaml has one problem:\n" +
        "  line 1, mcpServers.a.command: It holds ${ and no name of a variable follows. Write ${NAME} or ${NAME:-default}, or $${ for ${ itself.",
    );
  });

  test("stay as they are in a program, whose secrets are known by their names", async () => {
    const program = 'export default { mcpServers: { a: { command: "${A}", args: ["--k", process.env.T_API_KEY] } } };';
    process.env["T_API_KEY"] = "abc-123-def";
    try {
      const { config, secrets } = await load({
        files: { "agentmesh.config.mjs": program },
        environment: { T_API_KEY: "abc-123-def", OTHER_TOKEN: "unused" },
      });
      expect(config.mcpServers["a"]).toMatchObject({ command: "${A}" });
      expect(secrets).toEqual(["abc-123-def"]);
    } finally {
      delete process.env["T_API_KEY"];
    }
  });
});

describe("a block of another host", () => {
  test("is taken as it is", async () => {
    const block = {
      mcpServers: {
        filesystem: {
          command: "npx",
          args: ["-y", "@modelcontextprotocol/server-filesystem", "."],
          env: { DEBUG: "1" },
        },
        github: { type: "http", url: "https://example.org/mcp/", headers: { Authorization: "Bearer abcdef-123" } },
      },
    };
    const { config, secrets } = await load({
      files: { "agentmesh.config.json": JSON.stringify(block, undefined, "\t") },
    });
    expect(config.mcpServers).toMatchObject({
      filesystem: { transport: "stdio", command: "npx", env: { DEBUG: "1" } },
      github: { transport: "http", url: "https://example.org/mcp/" },
    });
    expect(secrets).toEqual(["Bearer abcdef-123", "abcdef-123"]);
  });
});

describe("what the configuration says", () => {
  test("is refused all at once, with lines, paths and suggestions", async () => {
    const text = [
      "modles: {}",
      "models:",
      "  large: { provider: openai, model: gpt-5, baseURL: https://example.org }",
      "  small: { provider: opnai, model: x }",
      "roles: { planner: larg, plannr: large }",
      "mcpServers:",
      "  files: { comand: npx }",
      "  mesh: { command: x }",
      "  my.server: { command: x }",
      "  web:",
      "    command: serve",
      "    args: [--port, 8080]",
      "policy:",
      "  inDoubt: maybe",
      "  concurrency: { rnu: 3, run: 0 }",
    ].join("\n");
    expect(await message(yaml(text))).toBe(
      [
        "~/agentmesh.config.yaml has 12 problems:",
        '  line 1, modles: There is no such key. Did you mean "models" or "roles"?',
        '  line 3, models.large.baseURL: There is no such key. Did you mean "baseUrl"?',
        '  line 4, models.small.provider: This must be one of "openai", "anthropic", "google", "gemini", "groq", "mistral", "openai-compatible", "llama-server", "vllm", "ollama", "llama-cpp", "scripted".',
        '  line 5, roles.plannr: There is no such key. Did you mean "planner"?',
        '  line 5, roles.planner: No model has this name. Did you mean "large"?',
        '  line 7, mcpServers.files.comand: There is no such key. Did you mean "command"?',
        "  line 8, mcpServers.mesh: This name belongs to the built-in tools.",
        '  line 9, mcpServers["my.server"]: Use letters, digits, _ and -, beginning with a letter or _: plans address its tools by this name.',
        "  line 12, mcpServers.web.args[1]: This must be a text. Put it in quotes.",
        '  line 14, policy.inDoubt: This must be one of "ask", "retry", "fail".',
        "  line 15, policy.concurrency.run: This must be at least 1.",
        '  line 15, policy.concurrency.rnu: There is no such key. Did you mean "run"?',
      ].join("\n"),
    );
  });

  test("is refused where it hides: in options, in unions, under keys of all objects", async () => {
    const overrides = { models: { a: { provider: "scripted", answers: [{ json: 1, txt: "x" }] } } } as object;
    expect(await message({ overrides })).toBe(
      'The configuration has one problem:\n  option, models.a.answers[0].txt: There is no such key. Did you mean "text"?',
    );
    expect(await message({ environment: { AGENTMESH_MODELS: '{ "__proto__": { "provider": "openai" } }' } })).toBe(
      "The configuration has one problem:\n  variable AGENTMESH_MODELS, models: This must be an object.",
    );
  });

  test.each([["plugins", "plugins: [x]"]])("with %s is refused as not in this version", async (path, text) => {
    expect(await message(yaml(text))).toContain(
      `~/agentmesh.config.yaml has one problem:\n  line 1, ${path}: This key is not in this version. `,
    );
  });

  test("is an object", async () => {
    expect(await message(yaml("- a\n- b\n"))).toBe(
      "~/agentmesh.config.yaml has one problem:\n  line 1: The file must hold an object: keys and their values.",
    );
  });

  test("never stands in a message when it is wrong", async () => {
    const text =
      "mcpServers:\n  a: { command: x, env: { API_KEY: 987654321 }, auth: { bearer: [s3cr3t-abc] } }\nlog: hunter2\n";
    const { message: said, facts } = await refused(yaml(text));
    expect(said + JSON.stringify(facts)).not.toMatch(/987654321|s3cr3t|hunter2/);
  });
});
