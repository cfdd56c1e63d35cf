/**
 * Label values are data and never reach a shell (CONTRACT §3.5), but Operarii put templates into `sh -c` scripts. There a
 * value that a shell could act on becomes a variable of the container, and the script only gets a reference to it: what
 * a variable holds is never parsed as a script. (Pure.)
 */
import { escapeReferences } from "./expansion.ts";

/** Shells, and what hands its `-c` to one. */
const SHELLS = new Set(["sh", "bash", "ash", "dash", "ksh", "mksh", "zsh", "fish", "su", "runuser"]);
/** `-c` among the letters of a shell's options. */
const SCRIPT_OPTION = /^-[A-Za-z]*c[A-Za-z]*$/;
/** The same of a program that may be no shell: `-cluster` is somebody's flag. */
const LIKELY_SCRIPT_OPTION = /^-[A-Za-z]*c$/;
const INERT = /^[\p{L}\p{N}_@%+=:,./-]*$/u;

/** The position of the script among a container's command and args taken together; -1 when it runs none that we see. */
export function scriptPosition(command: readonly string[] | undefined, args: readonly string[] | undefined): number {
  const words = [...(command ?? []), ...(args ?? [])];
  const shell = words.findIndex((word) => SHELLS.has(word.split("/").at(-1) ?? ""));
  // Without a command the image's own may be a shell.
  if (shell === -1 && command !== undefined) return -1;
  const isScriptOption = shell === -1 ? LIKELY_SCRIPT_OPTION : SCRIPT_OPTION;
  const option = words.findIndex((word, index) => index > shell && isScriptOption.test(word));
  return option === -1 ? -1 : behindOptions(words, option + 1);
}

/** The script is the first word that is no option: `bash -c -o pipefail -- SCRIPT`. */
function behindOptions(words: readonly string[], from: number): number {
  let at = from;
  for (let word = words[at]; word !== undefined && /^[-+]/.test(word); word = words[at]) {
    at += 1;
    if (word === "--" || word === "-") return at;
    if (/^[-+][A-Za-z]*[oO]$/.test(word)) at += 1;
  }
  return at;
}

/** Stands for values in a script; `variables` is what the container needs in addition, filled while rendering. */
export function referencesInScript(variables: { name: string; value: string }[]) {
  return (value: string, before: string): string => {
    // Behind an open dollar even a plain word is the name of a variable.
    if (INERT.test(value) && !before.endsWith("$")) return value;
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
