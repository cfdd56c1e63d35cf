/** Builds the program, and finds (or builds) a real control plane, once for the whole project `conformance`. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { cacheDirectory } from "../../scripts/cluster/build.ts";
import { ClusterProblem } from "../../scripts/cluster/problem.ts";
import type { Programs } from "../../scripts/cluster/programs.ts";
import { findPrograms } from "../../scripts/cluster/programs.ts";
import { isSupported } from "../../scripts/cluster/release.ts";
import type { ForeignSettings } from "../runner/settings.ts";
import { readSettings } from "../runner/settings.ts";
import { setup as buildProgram } from "../sandbox/build-once.ts";
import { findKubectl, foldersOf } from "./kubectl.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** A real control plane's programs and the folder it may use; or why there is none. */
    real: RealCluster;
    /** The suite was asked to look at a cluster of the user's alone. */
    onlyReal: boolean;
    /** Path of kubectl; "" without one. */
    kubectlFile: string;
  }
}

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

type RealCluster = { programs: Programs; directory: string } | { foreign: ForeignSettings } | { notRun: string };

async function findReal(): Promise<RealCluster> {
  const { env } = process;
  const { foreign, allowOld } = readSettings(env);
  if (foreign !== undefined) return { foreign };
  const log = (line: string): void => console.log(`conformance: ${line}`);
  try {
    const programs = await findPrograms({
      env,
      moduleDirectory: join(root, "scripts", "cluster", "build"),
      log,
      allowOld,
    });
    if (!isSupported(programs.version)) {
      return { notRun: `the cases describe Kubernetes 1.27 and newer, and this is ${programs.version}` };
    }
    return { programs, directory: join(cacheDirectory(env), "conformance") };
  } catch (error) {
    if (!(error instanceof ClusterProblem)) throw error;
    return { notRun: error.message };
  }
}

/** Vitest's global set-up; the function it returns is the tear-down. */
export async function setup(project: TestProject): Promise<() => void> {
  const remove = buildProgram(project);
  const real = await findReal();
  project.provide("real", real);
  project.provide("onlyReal", "foreign" in real);
  const built = "programs" in real ? [dirname(real.programs.paths.kubectl)] : [];
  project.provide("kubectlFile", findKubectl([...foldersOf(process.env.PATH), ...built]) ?? "");
  return () => {
    remove();
    if ("notRun" in real) console.log(`not run: conformance on a real control plane: ${real.notRun}`);
  };
}
