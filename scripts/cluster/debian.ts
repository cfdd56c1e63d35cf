/**
 * The old release, for machines that reach Debian but no Go modules: Kubernetes 1.20.2 from the source package of Debian
 * bookworm. Used only where the user has said so; see build/debian.sh for how.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import type { BuildOptions } from "./build.ts";
import { cacheDirectory, checkSpace, removeUnfinished } from "./build.ts";
import { makeFolder } from "./folders.ts";
import { ClusterProblem, wordsOf } from "./problem.ts";

/** Measured: 2.7 GiB of sources, Go, build cache and programs; all but the programs is removed afterwards. */
const neededBytes = 4 * 1024 ** 3;
const tools = ["apt-get", "dpkg-deb", "dpkg-source", "gpgv", "nice"];

export type DebianOptions = Pick<BuildOptions, "env" | "moduleDirectory" | "log" | "signal">;

/** Returns the folder of the programs; builds them when they are not there. Errors: `ClusterProblem`, with nothing left half-built. */
export async function buildOldRelease(options: DebianOptions): Promise<string> {
  const { env, log } = options;
  const cache = cacheDirectory(env);
  const directory = join(cache, "k8s-v1.20.2-debian");
  if (existsSync(directory)) return directory;
  const missing = tools.filter((tool) => !isInPath(env.PATH, tool));
  if (missing.length > 0) {
    throw new ClusterProblem(
      `Kubernetes 1.20.2 cannot be built from Debian's source: there is no ${missing.join(", ")} in the PATH ` +
        "(Debian packages apt, dpkg, dpkg-dev, gpgv).",
    );
  }
  const work = makeWorkFolder(cache);
  try {
    checkSpace(work, neededBytes);
    log(`building Kubernetes 1.20.2 from Debian's source into ${directory}. It takes some ten minutes on two cores.`);
    await runScript(options, work);
    renameSync(join(work, "bin"), directory);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return directory;
}

function makeWorkFolder(cache: string): string {
  try {
    makeFolder(cache);
    removeUnfinished(cache);
    const work = join(cache, `.debian-build.${process.pid}`);
    mkdirSync(work);
    return work;
  } catch (error) {
    throw new ClusterProblem(
      `the cache ${cache} cannot be written: ${wordsOf(error)}. Choose another place with XDG_CACHE_HOME.`,
    );
  }
}

async function runScript({ env, moduleDirectory, log, signal }: DebianOptions, work: string): Promise<void> {
  signal?.throwIfAborted();
  // A group of its own: the compilers below the shell must end with it.
  const child = spawn("sh", [join(moduleDirectory, "debian.sh"), work], {
    env: { PATH: env.PATH, HOME: work, LC_ALL: "C", http_proxy: env.http_proxy, https_proxy: env.https_proxy },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const stop = (): void => endGroup(child.pid);
  signal?.addEventListener("abort", stop, { once: true });
  const last: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on("line", (line) => {
      if (line.startsWith("step: ")) log(`${line.slice("step: ".length)} ...`);
      else last.push(line);
    });
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (status) => resolve(status ?? 1));
    });
    signal?.throwIfAborted();
    if (code !== 0) {
      throw new ClusterProblem(
        `Kubernetes 1.20.2 could not be built from Debian's source:\n${last.slice(-15).join("\n")}`,
      );
    }
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/** Ends the process group that was started with this leader. */
function endGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

function isInPath(path: string | undefined, program: string): boolean {
  return (path ?? "").split(delimiter).some((folder) => folder !== "" && existsSync(join(folder, program)));
}
