/**
 * Label values are data and never reach a shell (CONTRACT §3.5), but Operarii put templates into `sh -c` scripts. There a
 * value that a shell could act on becomes a variable of the container, and the script only gets a reference to it: what
 * a variable holds is never parsed as a script. (Pure.)
 */
import { escapeReferences } from "./expansion.ts";

const SHELLS = new Set(["sh", "bash", "ash", "dash", "ksh", "zsh"]);
const SCRIPT_OPTION = /^-[A-Za-z]*c$/;
const INERT = /^[\p{L}\p{N}_@%+=:,./-]*$/u;

/** The position of the script among a container's command and args taken together; -1 when it runs none that we see. */
export function scriptPosition(command: readonly string[] | undefined, args: readonly string[] | undefined): number {
  const words = [...(command ?? []), ...(args ?? [])];
  const shell = words.findIndex((word) => SHELLS.has(word.split("/").at(-1) ?? ""));
  // Without a command the image's own may be a shell.
  if (shell === -1 && command !== undefined) return -1;
  const option = words.findIndex((word, index) => index > shell && SCRIPT_OPTION.test(word));
  return option === -1 ? -1 : option + 1;
}

/** Stands for values in a script; `variables` is what the container needs in addition, filled while rendering. */
export function referencesInScript(variables: { name: string; value: string }[]) {
  return (value: string, before: string): string => {
    if (INERT.test(value)) return value;
    const name = `OPERARIUS_VALUE_${variables.length + 1}`;
    variables.push({ name, value: escapeReferences(value) });
    const reference = `\${${name}}`;
    switch (quotingAt(before)) {
      case "none":
        return `"${reference}"`;
      case "double":
        return reference;
      case "single":
        return `'"${reference}"'`;
    }
  };
}

/** Within which quotes text that follows `before` stands. Mistaken at worst where a comment has an apostrophe: harmless. */
function quotingAt(before: string): "none" | "single" | "double" {
  let quoting: "none" | "single" | "double" = "none";
  for (let at = 0; at < before.length; at++) {
    const char = before[at];
    if (quoting === "single") quoting = char === "'" ? "none" : "single";
    else if (char === "\\") at++;
    else if (char === '"') quoting = quoting === "double" ? "none" : "double";
    else if (char === "'" && quoting === "none") quoting = "single";
  }
  return quoting;
}
