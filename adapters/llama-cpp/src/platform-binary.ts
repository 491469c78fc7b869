/** Which of node-llama-cpp's prebuilt binaries fits a machine: the ones for processors alone, never those for graphics cards. */
import { UnsupportedPlatformError } from "./unsupported-platform-error.ts";

export interface Platform {
  /** As Node names them: `linux`, `darwin`, `win32`. */
  readonly system: string;
  readonly architecture: string;
  /** Linux only: built on glibc. The prebuilt binaries do not run on musl (Alpine). */
  readonly isGlibc: boolean;
}

const BINARIES: Readonly<Record<string, string>> = {
  "linux-x64": "@node-llama-cpp/linux-x64",
  "linux-arm64": "@node-llama-cpp/linux-arm64",
  "linux-arm": "@node-llama-cpp/linux-armv7l",
  "linux-riscv64": "@node-llama-cpp/linux-riscv64",
  "darwin-arm64": "@node-llama-cpp/mac-arm64-metal",
  "darwin-x64": "@node-llama-cpp/mac-x64",
  "win32-x64": "@node-llama-cpp/win-x64",
  "win32-arm64": "@node-llama-cpp/win-arm64",
};

/** The name of the npm package. Throws UnsupportedPlatformError. */
export function platformBinary(platform: Platform): string {
  const name = BINARIES[`${platform.system}-${platform.architecture}`];
  const isMusl = platform.system === "linux" && !platform.isGlibc;
  if (name === undefined || isMusl) throw new UnsupportedPlatformError(platform);
  return name;
}

export function thisPlatform(): Platform {
  return { system: process.platform, architecture: process.arch, isGlibc: hasGlibc() };
}

function hasGlibc(): boolean {
  if (process.platform !== "linux") return false;
  // The report would otherwise look up the names of all open connections.
  Reflect.set(process.report, "excludeNetwork", true);
  const report: unknown = process.report.getReport();
  const header: unknown = typeof report === "object" && report !== null ? Reflect.get(report, "header") : undefined;
  return typeof header === "object" && header !== null && Reflect.has(header, "glibcVersionRuntime");
}
