/** Commands that run to their end. */
import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface RunOptions {
  cwd?: string;
  env?: Environment;
  signal?: AbortSignal;
  /** Written to its stdin. */
  input?: string;
}

class CommandFailed extends Error {
  /** What it last printed. */
  readonly words: string;
  constructor(message: string, words: string, options: ErrorOptions) {
    super(message, options);
    this.name = "CommandFailed";
    this.words = words;
  }
}

/** Resolves with stdout. Rejects with the command, and with what it last printed. */
export function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { cwd, env = {}, signal, input = "" } = options;
  return new Promise((resolve, reject) => {
    const child = execFile(
      file,
      [...args],
      {
        env: { ...env },
        maxBuffer: 64 * 1024 ** 2,
        ...(cwd === undefined ? {} : { cwd }),
        ...(signal === undefined ? {} : { signal }),
      },
      (error, stdout, stderr) => {
        if (error === null) return resolve(stdout);
        const last = `${stdout}\n${stderr}`.trim().split("\n").slice(-8).join("\n");
        const words = last === "" ? error.message : last;
        reject(new CommandFailed(`${[file, ...args].join(" ")}: ${words}`, words, { cause: error }));
      },
    );
    // A command that does not read its input may be gone before it is written.
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input);
  });
}

/** The first of these names that can be run from the PATH, with its folder; undefined when there is none. */
export function inPath(env: Environment, ...names: string[]): string | undefined {
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

/** Whether the file is there and may be run. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The words of anything thrown, in one line. */
export function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, "; ");
}

/** The last line of what a command printed before it failed, mostly the cause; of anything else thrown its words in one line. */
export function lastLine(error: unknown): string {
  return error instanceof CommandFailed ? (error.words.split("\n").at(-1)?.trim() ?? "") : oneLine(error);
}
