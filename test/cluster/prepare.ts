/** Builds the program, and finds (or builds) a real control plane's programs, once for the whole project `cluster`. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { cacheDirectory } from "../../scripts/cluster/build.ts";
import { ClusterProblem } from "../../scripts/cluster/problem.ts";
import type { Programs } from "../../scripts/cluster/programs.ts";
import { findPrograms } from "../../scripts/cluster/programs.ts";
import type { ForeignSettings } from "../runner/settings.ts";
import { readSettings } from "../runner/settings.ts";
import { setup as buildProgram } from "../sandbox/build-once.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** A real control plane's programs and the folder it may use; or why there is none. */
    scenarioCluster: { programs: Programs; directory: string } | { foreign: ForeignSettings } | { notRun: string };
  }
}

const moduleDirectory = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "scripts", "cluster", "build");

/** Vitest's global set-up; the function it returns is the tear-down. */
export async function setup(project: TestProject): Promise<() => void> {
  const { env } = process;
  const remove = buildProgram(project);
  const log = (line: string): void => console.log(`cluster: ${line}`);
  const { foreign, allowOld } = readSettings(env);
  if (foreign !== undefined) {
    project.provide("scenarioCluster", { foreign });
    return remove;
  }
  try {
    const programs = await findPrograms({ env, moduleDirectory, log, allowOld });
    project.provide("scenarioCluster", { programs, directory: join(cacheDirectory(env), "scenarios") });
    return remove;
  } catch (error) {
    if (!(error instanceof ClusterProblem)) throw error;
    const { message } = error;
    project.provide("scenarioCluster", { notRun: message });
    return () => {
      remove();
      console.log(`not run: scenarios on a real control plane: ${message}`);
    };
  }
}
