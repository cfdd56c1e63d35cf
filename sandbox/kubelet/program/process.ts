/** Runs this project's own program as a container would: its own environment, its output as the log, real signals. */
import { spawn } from "node:child_process";

export interface ProgramProcess {
  signal(name: "SIGTERM" | "SIGKILL"): void;
}

export interface ProgramEnd {
  exitCode: number;
  /** Set when it was ended by a signal. */
  signal?: number;
}

interface Program {
  entry: string;
  args: readonly string[];
  environment: Readonly<Record<string, string>>;
  directory: string;
  onOutput: (chunk: Buffer) => void;
  onEnd: (end: ProgramEnd) => void;
}

const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};

/** An environment that no process can have (too large, a null byte) is found out at once, by an exception. */
function start(input: Pick<Program, "entry" | "args" | "environment" | "directory">) {
  try {
    return spawn(process.execPath, [input.entry, ...input.args], {
      cwd: input.directory,
      env: { ...input.environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Starts it. `onEnd` is called exactly once, after all output was handed over; never before this returns. */
export function runProgram(input: Program): ProgramProcess {
  const child = start(input);
  if (child instanceof Error) {
    setImmediate(() => {
      input.onOutput(Buffer.from(`cannot start the program: ${child.message}\n`));
      input.onEnd({ exitCode: 128 });
    });
    return { signal: () => undefined };
  }
  child.stdout.on("data", input.onOutput);
  child.stderr.on("data", input.onOutput);
  let isOver = false;
  const end = (result: ProgramEnd): void => {
    if (isOver) return;
    isOver = true;
    input.onEnd(result);
  };
  child.on("error", (error) => {
    input.onOutput(Buffer.from(`cannot start the program: ${error.message}\n`));
    end({ exitCode: 128 });
  });
  child.on("close", (code, name) => {
    const signal = name === null ? undefined : (signalNumbers[name] ?? 0);
    end(signal === undefined ? { exitCode: code ?? 1 } : { exitCode: 128 + signal, signal });
  });
  return {
    signal(name) {
      if (!isOver) child.kill(name);
    },
  };
}
