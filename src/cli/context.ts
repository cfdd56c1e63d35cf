/** What a command may know of the process it runs in. Built once, in main.ts; tests build their own. */
export interface CliContext {
  env: Readonly<Record<string, string | undefined>>;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  /** Aborted by the first SIGINT or SIGTERM. A second one ends the process. */
  signal: AbortSignal;
  /** When the process started, in milliseconds since the epoch. */
  startedAtMs: number;
  now: () => number;
}

/** A command: its arguments (without the command's own name) in, the exit code out. */
export type Command = (args: readonly string[], context: CliContext) => Promise<number>;
