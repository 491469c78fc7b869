/** The environment of a stdio server: a short list of harmless variables of ours, then what the configuration names. No secret of ours leaks. */

const INHERITED =
  process.platform === "win32"
    ? [
        "APPDATA",
        "COMSPEC",
        "HOMEDRIVE",
        "HOMEPATH",
        "LOCALAPPDATA",
        "PATH",
        "PATHEXT",
        "PROCESSOR_ARCHITECTURE",
        "PROGRAMDATA",
        "PROGRAMFILES",
        "SYSTEMDRIVE",
        "SYSTEMROOT",
        "TEMP",
        "TMP",
        "USERNAME",
        "USERPROFILE",
        "WINDIR",
      ]
    : ["HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER"];

/** A shell function that was exported into the environment, which an old shell would run. */
const SHELL_FUNCTION = "()";

export function safeEnvironment(configured: Readonly<Record<string, string>>): Record<string, string> {
  const inherited = INHERITED.flatMap((name) => {
    const value = process.env[name];
    return value === undefined || value.startsWith(SHELL_FUNCTION) ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(inherited), ...configured };
}
