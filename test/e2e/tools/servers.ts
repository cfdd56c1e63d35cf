/**
 * Prometheus and Alertmanager: those of the PATH, else taken out of their Debian packages into the cache. Nothing is
 * installed and no service starts.
 */
import { join } from "node:path";
import { CannotRun } from "../../support/tools/cannot-run.ts";
import type { DebianOptions } from "../../support/tools/debian.ts";
import { fromDebian } from "../../support/tools/debian.ts";
import { inPath, oneLine, run } from "../../support/tools/run.ts";

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

const wanted = {
  packages: ["prometheus", "prometheus-alertmanager"],
  files: ["usr/bin/prometheus", "usr/bin/prometheus-alertmanager", "usr/bin/promtool"],
  folder: "debian",
};

/** Errors: `CannotRun` with the reason. */
export async function findServers(options: DebianOptions): Promise<Servers> {
  const { env } = options;
  const prometheus = inPath(env, "prometheus");
  const alertmanager = inPath(env, "prometheus-alertmanager", "alertmanager");
  if (prometheus !== undefined && alertmanager !== undefined) {
    const promtool = inPath(env, "promtool");
    return { prometheus: plain(prometheus), alertmanager: plain(alertmanager), promtool };
  }
  const directory = await fromDebian(wanted, options);
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
