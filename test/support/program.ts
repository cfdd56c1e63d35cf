/** Runs the built program as users and Jobs do: a process with its own environment, output, exit code and signals. */
import { spawn } from "node:child_process";
import { until } from "./until.ts";

export interface ProgramOptions {
  /** The bundle to run. */
  entry: string;
  args: readonly string[];
  /** The whole environment; nothing is inherited. */
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  /** What hangs for longer is killed and shows as a signal. Default 100,000. */
  killAfterMs?: number;
  /** Flags of node itself. */
  nodeFlags?: readonly string[];
  /** A file descriptor that it writes stdout and stderr to; its output is then not seen. Default: pipes. */
  outputTo?: number;
}

export interface Ended {
  /** Undefined when a signal ended it. */
  code: number | undefined;
  signal: string | undefined;
  stdout: string;
  stderr: string;
}

export interface Program {
  pid: number;
  /** When it was started, in epoch milliseconds. */
  startedAt: number;
  /** All it has printed so far, to stdout and stderr together. */
  output(): string;
  /** Resolves once the output matches; rejects when the program ends without it. */
  printed(pattern: RegExp, withinMs?: number): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Whatever reads its output is gone: from now on its writes fail with EPIPE. */
  closeOutput(): void;
  /** Resolves when it has ended and its output is complete. */
  readonly ended: Promise<Ended>;
}

/** Starts it. It never asks: stdin is closed. */
export function startProgram(options: ProgramOptions): Program {
  const { entry, args, env = {}, cwd, killAfterMs = 100_000, nodeFlags = [], outputTo = "pipe" } = options;
  const startedAt = Date.now();
  const child = spawn(process.execPath, [...nodeFlags, entry, ...args], {
    stdio: ["ignore", outputTo, outputTo],
    env,
    ...(cwd === undefined ? {} : { cwd }),
  });
  const text = { stdout: "", stderr: "", all: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name]?.setEncoding("utf8").on("data", (chunk: string) => {
      text[name] += chunk;
      text.all += chunk;
    });
  const overdue = setTimeout(() => child.kill("SIGKILL"), killAfterMs);
  let isOver = false;
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      isOver = true;
      clearTimeout(overdue);
      resolve({ code: code ?? undefined, signal: signal ?? undefined, stdout: text.stdout, stderr: text.stderr });
    });
  });
  return {
    pid: child.pid ?? 0,
    startedAt,
    output: () => text.all,
    async printed(pattern, withinMs) {
      const found = await until(
        `"${args.join(" ")}" to print ${pattern}`,
        () => pattern.test(text.all) || (isOver ? ("ended" as const) : undefined),
        { seen: () => text.all, ...(withinMs === undefined ? {} : { withinMs }) },
      );
      if (found === "ended") throw new Error(`"${args.join(" ")}" ended without printing ${pattern}:\n${text.all}`);
    },
    signal: (name) => void child.kill(name),
    closeOutput() {
      child.stdout?.destroy();
      child.stderr?.destroy();
    },
    ended,
  };
}

/** Runs it to its end. */
export async function runProgram(options: ProgramOptions): Promise<Ended> {
  return startProgram(options).ended;
}
