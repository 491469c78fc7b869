/** Where the tokens of a signed-in server are kept between calls, and for a person's sign-in between processes. */
import { createHash, randomUUID } from "node:crypto";
import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import * as z from "@agentmesh/core/zod";

const Tokens = z.object({
  access_token: z.string(),
  token_type: z.string(),
  refresh_token: z.string().optional(),
  scope: z.string().optional(),
  /** Whose they are: never shown to another authorization server. */
  issuer: z.string(),
  /** When they were given, and when they end, in milliseconds since the epoch. */
  fromMs: z.number(),
  endMs: z.number().optional(),
});
export type Tokens = z.infer<typeof Tokens>;

export const SignIn = z.object({
  tokens: Tokens.optional(),
  /** As whom this client is registered, by issuer. */
  clients: z.record(z.string(), z.looseObject({ client_id: z.string() })).default({}),
});
export type SignIn = z.infer<typeof SignIn>;

export interface TokenStore {
  /** Nothing when there is none, or none that can be read. */
  read(): Promise<SignIn | undefined>;
  write(signIn: SignIn): Promise<void>;
}

export class MemoryTokenStore implements TokenStore {
  #signIn: SignIn | undefined;

  read(): Promise<SignIn | undefined> {
    return Promise.resolve(this.#signIn);
  }

  write(signIn: SignIn): Promise<void> {
    this.#signIn = signIn;
    return Promise.resolve();
  }
}

/** A file that only its owner can read. */
export class FileTokenStore implements TokenStore {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  async read(): Promise<SignIn | undefined> {
    try {
      return SignIn.parse(JSON.parse(await readFile(this.#file, "utf8")));
    } catch {
      return undefined;
    }
  }

  async write(signIn: SignIn): Promise<void> {
    const folder = dirname(this.#file);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // One that was there before keeps its own mode otherwise.
    await chmod(folder, 0o700);
    const draft = `${this.#file}.${randomUUID()}`;
    try {
      await writeFile(draft, JSON.stringify(signIn), { mode: 0o600, flag: "wx" });
      await rename(draft, this.#file);
    } finally {
      await rm(draft, { force: true });
    }
  }
}

/** Of one resource as one client, under the user's own configuration. */
export function signInFile(resource: string, clientId: string): string {
  const base = process.env["XDG_CONFIG_HOME"] ?? process.env["APPDATA"] ?? join(homedir(), ".config");
  const name = createHash("sha256")
    .update(JSON.stringify([resource, clientId]))
    .digest("hex")
    .slice(0, 32);
  return join(base, "agentmesh", "sign-ins", `${name}.json`);
}
