/** Why a file cannot be read, in words that continue its name. */

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  EACCES: "may not be read",
  EPERM: "may not be read",
  EISDIR: "is a folder",
  ENOTDIR: "is below something that is no folder",
};

export function readingFault(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return (typeof code === "string" ? REASONS[code] : undefined) ?? `cannot be read (${String(code ?? error)})`;
}
