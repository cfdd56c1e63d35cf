/** The composition root: the only file that reads the environment or ends the process. */
import type { CliContext, Command } from "./cli/context.ts";
import { usage } from "./cli/usage.ts";
import { version } from "./version.ts";

const startedAtMs = Date.now() - performance.now();

/** Each command is loaded when it is asked for, so that a Job starts without the server's code. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import("./cli/serve.ts")).serve,
  heal: async () => (await import("./cli/heal.ts")).heal,
  diagnose: async () => (await import("./cli/diagnose.ts")).diagnose,
  "blast-radius": async () => (await import("./cli/blast-radius.ts")).blastRadius,
  "would-match": async () => (await import("./cli/would-match.ts")).wouldMatchCommand,
  scorecard: async () => (await import("./cli/scorecard.ts")).scorecardCommand,
  replay: async () => (await import("./cli/replay.ts")).replayCommand,
  approve: async () => (await import("./cli/approve.ts")).approve,
  deny: async () => (await import("./cli/approve.ts")).deny,
  sandbox: async () => (await import("./cli/sandbox.ts")).sandbox,
};

/** Whose work matters more than what it prints: a full disk or a reader that is gone ends neither a repair nor the server. */
const OUTLIVE_THEIR_OUTPUT: ReadonlySet<string> = new Set(["serve", "heal"]);

function outliveOutput(): void {
  // What cannot be written is lost: there is nowhere left to say so.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
}

async function main(): Promise<number> {
  const [name, ...args] = process.argv.slice(2);
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    (name === undefined ? process.stderr : process.stdout).write(usage);
    return name === undefined ? 2 : 0;
  }
  if (name === "version" || name === "--version") {
    process.stdout.write(`operarius ${version}\n`);
    return 0;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!load) {
    process.stderr.write(`operarius: there is no command ${JSON.stringify(name)}.\n${usage}`);
    return 2;
  }
  if (OUTLIVE_THEIR_OUTPUT.has(name)) outliveOutput();
  const stopping = new AbortController();
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping.signal.aborted) process.exit(signal === "SIGINT" ? 130 : 143);
    stopping.abort(new Error(`received ${signal}`));
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  const context: CliContext = {
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    signal: stopping.signal,
    startedAtMs,
    now: Date.now,
  };
  const command = await load();
  return command(args, context);
}

/** Lets output drain; a handle that somebody forgot to close must not keep a Job alive until its deadline. */
function leave(code: number): void {
  process.exitCode = code;
  setTimeout(() => process.exit(code), 2000).unref();
}

main().then(leave, (error: unknown) => {
  process.stderr.write(`operarius: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  leave(1);
});
