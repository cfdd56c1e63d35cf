/** The Node.js of the image: a pinned release of the packages node-linux-*, kept in the cache once it is verified. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ClusterProblem, wordsOf } from "../cluster/problem.ts";

/** Of the major version that the Dockerfile names. */
export const nodeVersion = "24.21.0";

interface Platform {
  /** In Go's words, as images name it. */
  architecture: string;
  /** Of the package at that version, as npm publishes it: what is downloaded must be exactly this. */
  integrity: string;
}

const platforms: Readonly<Record<string, Platform>> = {
  x64: {
    architecture: "amd64",
    integrity: "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
  },
  arm64: {
    architecture: "arm64",
    integrity: "sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
  },
};

export interface NodeBinary {
  file: string;
  /** In Go's words. */
  architecture: string;
}

export interface NodeBinaryOptions {
  /** Of the project. */
  cache: string;
  /** Of this process, as Node.js names them. */
  machine: { platform: string; arch: string };
  log: (line: string) => void;
  signal?: AbortSignal;
}

/** Downloads it on the first call. Errors: `ClusterProblem`. */
export async function findNode({ cache, machine, log, signal }: NodeBinaryOptions): Promise<NodeBinary> {
  const platform = machine.platform === "linux" ? platforms[machine.arch] : undefined;
  if (platform === undefined) {
    throw new ClusterProblem(
      `an image is built on the kind of machine it is for, Linux on x64 or arm64; this is ${machine.platform} on ${machine.arch}. Use the Dockerfile here.`,
    );
  }
  const { architecture, integrity } = platform;
  const directory = join(cache, `node-${nodeVersion}-${machine.arch}`);
  const file = join(directory, "bin", "node");
  if (existsSync(file)) return { file, architecture };
  const wanted = `node-linux-${machine.arch}@${nodeVersion}`;
  log(`downloading ${wanted} into ${directory}`);
  mkdirSync(cache, { recursive: true });
  const unfinished = mkdtempSync(join(cache, ".node-"));
  try {
    await download(wanted, integrity, { cwd: unfinished, ...(signal === undefined ? {} : { signal }) });
    rmSync(directory, { recursive: true, force: true });
    renameSync(join(unfinished, "package"), directory);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ClusterProblem) throw error;
    throw new ClusterProblem(`${wanted} could not be had from npm: ${wordsOf(error)}`, { cause: error });
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return { file, architecture };
}

/** Leaves the unpacked package in the folder `package` of `cwd`. npm itself compares the download with what its registry says. */
async function download(wanted: string, integrity: string, options: { cwd: string; signal?: AbortSignal }) {
  const run = promisify(execFile);
  const { stdout } = await run("npm", ["pack", "--json", "--loglevel=error", wanted], options);
  const [packed] = JSON.parse(stdout) as { filename: string; integrity: string }[];
  if (packed?.integrity !== integrity) {
    throw new ClusterProblem(
      `${wanted} is not what this project has pinned: npm says ${packed?.integrity ?? "nothing"}, expected was ${integrity}.`,
    );
  }
  await run("tar", ["-xzf", packed.filename], options);
}
