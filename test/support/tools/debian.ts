/** Programs out of Debian packages, without installing anything: no service starts and the machine stays as it is. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { CannotRun } from "./cannot-run.ts";
import type { Environment } from "./run.ts";
import { inPath, lastLine, run } from "./run.ts";

export interface DebianOptions {
  env: Environment;
  /** Of the project. */
  cache: string;
  isRoot: boolean;
  log: (line: string) => void;
  signal: AbortSignal;
}

export interface Wanted {
  packages: readonly string[];
  /** Paths that must be there afterwards, in the packages' own tree: "usr/bin/prometheus". */
  files: readonly string[];
  /** Name of the folder in the cache. */
  folder: string;
}

/** The folder with the packages' tree; they are downloaded once. Errors: `CannotRun` with the reason. */
export async function fromDebian(wanted: Wanted, { env, cache, isRoot, log, signal }: DebianOptions): Promise<string> {
  const { packages, files, folder } = wanted;
  const directory = join(cache, folder);
  const lacking = (): string | undefined => files.find((file) => !existsSync(join(directory, file)));
  if (lacking() === undefined) return directory;
  if (inPath(env, "apt-get") === undefined || inPath(env, "dpkg-deb") === undefined) {
    throw new CannotRun(`there are no apt-get and dpkg-deb in the PATH to get ${packages.join(", ")} with`);
  }
  log(`taking ${packages.join(", ")} out of the Debian packages into ${directory}`);
  mkdirSync(dirname(directory), { recursive: true });
  const unfinished = mkdtempSync(join(cache, ".debian-"));
  // apt-get downloads as a user of its own where it can.
  chmodSync(unfinished, 0o755);
  try {
    await download(packages, { env, cwd: unfinished, isRoot, signal });
    for (const name of readdirSync(unfinished).filter((each) => each.endsWith(".deb"))) {
      await run("dpkg-deb", ["-x", name, "root"], { cwd: unfinished, env, signal });
    }
    rmSync(directory, { recursive: true, force: true });
    renameSync(join(unfinished, "root"), directory);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  const missing = lacking();
  if (missing !== undefined) throw new CannotRun(`the Debian packages ${packages.join(", ")} contain no ${missing}`);
  return directory;
}

async function download(
  packages: readonly string[],
  options: { env: Environment; cwd: string; isRoot: boolean; signal: AbortSignal },
): Promise<void> {
  const { env, cwd, isRoot, signal } = options;
  const get = () => run("apt-get", ["download", "-qq", ...packages], { cwd, env, signal });
  try {
    await get().catch(async (error: unknown) => {
      // A fresh machine has no lists yet, an old one has lists of packages that are gone.
      if (!isRoot) throw error;
      await run("apt-get", ["update", "-qq"], { cwd, env, signal });
      await get();
    });
  } catch (error) {
    signal.throwIfAborted();
    throw new CannotRun(`${packages.join(", ")} could not be downloaded: ${lastLine(error)}`, { cause: error });
  }
}
