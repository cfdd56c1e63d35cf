/** Builds the program, and finds (or builds) a real control plane, once for the whole project `faults`. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { cacheDirectory } from "../../scripts/cluster/build.ts";
import { ClusterProblem } from "../../scripts/cluster/problem.ts";
import type { Programs } from "../../scripts/cluster/programs.ts";
import { findPrograms } from "../../scripts/cluster/programs.ts";
import { setup as buildProgram } from "../sandbox/build-once.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** A real control plane's programs and the folder it may use; or why there is none. */
    faultsCluster: { programs: Programs; directory: string } | { notRun: string };
  }
}

const moduleDirectory = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "scripts", "cluster", "build");

/** Vitest's global set-up; the function it returns is the tear-down. */
export async function setup(project: TestProject): Promise<() => void> {
  const { env } = process;
  const remove = buildProgram(project);
  const log = (line: string): void => console.log(`faults: ${line}`);
  try {
    const programs = await findPrograms({ env, moduleDirectory, log });
    project.provide("faultsCluster", { programs, directory: join(cacheDirectory(env), "faults") });
    return remove;
  } catch (error) {
    if (!(error instanceof ClusterProblem)) throw error;
    const { message } = error;
    project.provide("faultsCluster", { notRun: message });
    return () => {
      remove();
      console.log(`not run: faults before a real control plane: ${message}`);
    };
  }
}
