/** The programs of the control plane, for suites that say "not run" where they cannot be had. */
import { join } from "node:path";
import { ClusterProblem } from "../../../scripts/cluster/problem.ts";
import type { Programs } from "../../../scripts/cluster/programs.ts";
import { findPrograms } from "../../../scripts/cluster/programs.ts";
import { CannotRun } from "./cannot-run.ts";
import type { Environment } from "./run.ts";
import { inPath } from "./run.ts";

export interface FindOptions {
  env: Environment;
  /** The checkout. */
  root: string;
  log: (line: string) => void;
  signal: AbortSignal;
}

/** Builds what is missing. Without Go and without programs built earlier there is nothing to run on. Errors: `CannotRun`, `ClusterProblem`. */
export async function findControlPlane(options: FindOptions): Promise<Programs> {
  return orNotRun(options.env, () => findPrograms({ ...options, moduleDirectory: clusterModule(options.root) }));
}

/** Folder of the Go module that pins Kubernetes. */
export function clusterModule(root: string): string {
  return join(root, "scripts", "cluster", "build");
}

/** What cannot be built for lack of Go is no failure. Errors: `CannotRun`, else what `work` rejects with. */
export async function orNotRun<T>(env: Environment, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ClusterProblem) || inPath(env, "go") !== undefined) throw error;
    throw new CannotRun(error.message, { cause: error });
  }
}
