/**
 * Prometheus and Alertmanager: those of the PATH, else taken out of their Debian packages into the cache. Nothing is
 * installed and no service starts.
 */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { CannotRun } from "../problem.ts";
import type { Environment } from "./run.ts";
import { inPath, isExecutable, run } from "./run.ts";

/** A program, and what has to stand before it on the command line. */
export interface Tool {
  file: string;
  before: readonly string[];
}

export interface Servers {
  prometheus: Tool;
  alertmanager: Tool;
  promtool: string | undefined;
}

export interface DebianOptions {
  env: Environment;
  /** Of the project. */
  cache: string;
  isRoot: boolean;
  log: (line: string) => void;
  signal: AbortSignal;
}

const packages = ["prometheus", "prometheus-alertmanager"];

/** Errors: `CannotRun` with the reason. */
export async function findServers(options: DebianOptions): Promise<Servers> {
  const { env } = options;
  const prometheus = inPath(env, "prometheus");
  const alertmanager = inPath(env, "prometheus-alertmanager", "alertmanager");
  if (prometheus !== undefined && alertmanager !== undefined) {
    const promtool = inPath(env, "promtool");
    return { prometheus: plain(prometheus), alertmanager: plain(alertmanager), promtool };
  }
  const directory = await fromPackages(options);
  const program = (name: string): string => join(directory, "usr", "bin", name);
  return {
    prometheus: plain(program("prometheus")),
    alertmanager: await withOwnShare(program("prometheus-alertmanager"), join(directory, "usr", "share"), options),
    promtool: program("promtool"),
  };
}

function plain(file: string): Tool {
  return { file, before: [] };
}

async function fromPackages({ env, cache, isRoot, log, signal }: DebianOptions): Promise<string> {
  const directory = join(cache, "debian");
  const wanted = ["prometheus", "prometheus-alertmanager"].map((name) => join(directory, "usr", "bin", name));
  if (wanted.every(isExecutable)) return directory;
  if (inPath(env, "apt-get") === undefined || inPath(env, "dpkg-deb") === undefined) {
    throw new CannotRun("no prometheus and no alertmanager in the PATH, and no apt-get and dpkg-deb to get them with");
  }
  log(`taking ${packages.join(" and ")} out of the Debian packages into ${directory}`);
  mkdirSync(cache, { recursive: true });
  const unfinished = mkdtempSync(join(cache, ".debian-"));
  // apt-get downloads as a user of its own where it can.
  chmodSync(unfinished, 0o755);
  try {
    await download({ env, unfinished, isRoot, signal });
    for (const name of readdirSync(unfinished).filter((each) => each.endsWith(".deb"))) {
      await run("dpkg-deb", ["-x", name, "root"], { cwd: unfinished, env, signal });
    }
    rmSync(directory, { recursive: true, force: true });
    renameSync(join(unfinished, "root"), directory);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  const missing = wanted.find((file) => !isExecutable(file));
  if (missing !== undefined) throw new CannotRun(`the Debian packages ${packages.join(", ")} contain no ${missing}`);
  return directory;
}

async function download(options: {
  env: Environment;
  unfinished: string;
  isRoot: boolean;
  signal: AbortSignal;
}): Promise<void> {
  const { env, unfinished: cwd, isRoot, signal } = options;
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
    throw new CannotRun(`${packages.join(" and ")} could not be downloaded: ${oneLine(error)}`, { cause: error });
  }
}

/**
 * Debian's Alertmanager opens its templates by their absolute path below /usr/share: it gets a view of the file system
 * in which the package's own folder is there. `exec` keeps the pid.
 */
async function withOwnShare(file: string, share: string, { env, isRoot, signal }: DebianOptions): Promise<Tool> {
  const unshare = inPath(env, "unshare");
  if (unshare === undefined) throw new CannotRun("no unshare in the PATH (package util-linux); Alertmanager needs it");
  const view = [unshare, ...(isRoot ? [] : ["--map-root-user"]), "--mount"];
  const shell = [...view, "/bin/sh", "-c", 'mount --bind "$1" /usr/share && shift && exec "$@"', "sh", share];
  const [first = "", ...rest] = shell;
  try {
    await run(first, [...rest, file, "--version"], { env, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw new CannotRun(`Alertmanager cannot be given its templates here: ${oneLine(error)}`, { cause: error });
  }
  return { file: first, before: [...rest, file] };
}

function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, "; ");
}
