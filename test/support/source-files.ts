/** The program's own source as text, for tests of its shape. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Root of the checkout. */
export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

export interface SourceFile {
  /** From the root, with forward slashes. */
  path: string;
  text: string;
  /** Without comments and the contents of strings and templates, line by line as long as the original. */
  code: string;
  /** Paths from the root, or package names. */
  imports: readonly string[];
}

/** Every .ts file below `folder`, tests included, in name order. */
export function sourceFiles(folder: string): SourceFile[] {
  return walk(join(root, folder))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => read(relative(root, file).split(sep).join("/")))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function walk(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? walk(path) : [path];
  });
}

function read(path: string): SourceFile {
  const text = readFileSync(join(root, path), "utf8");
  const found = [
    ...text.matchAll(/^\s*(?:import|export)\s[^;"']*?from\s+"([^"]+)"|^\s*import\s+"([^"]+)"|import\("([^"]+)"\)/gm),
  ];
  const imports = found.map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? "");
  return { path, text, code: withoutWords(text), imports: imports.map((name) => resolve(path, name)) };
}

function resolve(from: string, name: string): string {
  return name.startsWith(".") ? posix.join(posix.dirname(from), name) : name;
}

/**
 * Drops what only reads like code: comments, strings, regular expressions after `(`, `=`, `:` or `,`, and the fixed parts
 * of templates. What stands in `${…}` stays.
 */
export function withoutWords(text: string): string {
  const token =
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|(?<=[(=:,[]\s*)\/(?![/*])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*|`(?:[^`\\]|\\.)*`/g;
  return text.replace(token, (match) => {
    if (match.startsWith("`")) return [...match.matchAll(/\$\{([^}]*)\}/g)].map(([, inner]) => inner).join(" ") || '""';
    return match.startsWith("/*") || match.startsWith("//") ? match.replace(/[^\n]/g, "") : '""';
  });
}
