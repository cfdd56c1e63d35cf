/** Builds the program, and finds (or builds) a real control plane, once for the whole project `conformance`. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { cacheDirectory } from "../../scripts/cluster/build.ts";
import { ClusterProblem } from "../../scripts/cluster/problem.ts";
import type { Programs } from "../../scripts/cluster/programs.ts";
import { findPrograms } from "../../scripts/cluster/programs.ts";
import { setup as buildProgram } from "../sandbox/build-once.ts";
import { findKubectl, foldersOf } from "./kubectl.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** A real control plane's programs and the folder it may use; or why there is none. */
    real: { programs: Programs; directory: string } | { notRun: string };
    /** Path of kubectl; "" without one. */
    kubectlFile: string;
  }
}

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

async function findReal(): Promise<{ programs: Programs; directory: string } | { notRun: string }> {
  const { env } = process;
  const log = (line: string): void => console.log(`conformance: ${line}`);
  try {
    const programs = await findPrograms({ env, moduleDirectory: join(root, "scripts", "cluster", "build"), log });
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
  const built = "programs" in real ? [dirname(real.programs.paths.kubectl)] : [];
  project.provide("kubectlFile", findKubectl([...foldersOf(process.env.PATH), ...built]) ?? "");
  return () => {
    remove();
    if ("notRun" in real) console.log(`not run: conformance on a real control plane: ${real.notRun}`);
  };
}
