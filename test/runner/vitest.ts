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
    {
      cwd: root,
      stdio: "inherit",
      env: { ...env, [settingsVariable]: JSON.stringify(settings) },
      // A group of its own, so that workers and what they have started end with it, and not before they are told to.
      detached: true,
    },
  );
  const stop = (): void => {
    endGroup(child.pid, "SIGTERM");
    setTimeout(() => endGroup(child.pid, "SIGKILL"), graceMs).unref();
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve(code ?? 1));
    });
  } finally {
    signal.removeEventListener("abort", stop);
    // A worker outlives vitest by a moment, and would go on to write.
    endGroup(child.pid, "SIGKILL");
  }
}

function endGroup(leader: number | undefined, signal: NodeJS.Signals): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, signal);
  } catch (error) {
    // Nobody of it is left.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
