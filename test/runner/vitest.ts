/** Runs one project of vitest to its end. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import type { SuiteSettings } from "./settings.ts";
import { settingsVariable } from "./settings.ts";

export interface VitestOptions {
  suite: string;
  settings: SuiteSettings;
  /** For vitest itself. */
  args: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  /** The checkout. */
  root: string;
  signal: AbortSignal;
}

/** How long vitest may take to end its tests once it has been told to. */
const graceMs = 30_000;

/** Resolves with its exit code; a signal of its own counts as 1. Interrupted, it is told so, and killed when it takes too long. */
export async function runVitest(options: VitestOptions): Promise<number> {
  const { suite, settings, args, env, root, signal } = options;
  signal.throwIfAborted();
  const child = spawn(
    process.execPath,
    [join(root, "node_modules", "vitest", "vitest.mjs"), "run", "--project", suite, ...args],
    { cwd: root, stdio: "inherit", env: { ...env, [settingsVariable]: JSON.stringify(settings) } },
  );
  const stop = (): void => {
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), graceMs).unref();
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve(code ?? 1));
    });
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
