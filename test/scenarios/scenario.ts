/**
 * The one format of a scenario: data and small functions that act through the Kubernetes API only, so that the same
 * file runs on the sandbox and on a real control plane. Nodes are called n1 to n4 whatever the cluster calls them.
 */
import type { Capability } from "../support/cluster.ts";
import type { Program } from "../support/program.ts";
import type { AgentOptions } from "./agent.ts";
import type { Stage } from "./stage.ts";

export interface Scenario {
  /** Of FAILURES.md §6, with a letter for variants. */
  id: string;
  title: string;
  needs?: readonly Capability[];
  /** The DaemonSet of the beginning; it is 4 of 4 before the fault. */
  initial?: AgentOptions;
  /** Where `initial` is not enough. Resolves when it is 4 of 4. */
  create?(stage: Stage): Promise<void>;
  /** Brings the trouble about and resolves when it shows. */
  fault(stage: Stage): Promise<void>;
  /** One after the other; usually one. */
  runs: readonly [HealRun, ...HealRun[]];
  /** Resolves when the end state is reached; rejects at a deadline. Whatever happens after the last run by itself is in here. */
  end(stage: Stage): Promise<void>;
}

/** One run of `operarius heal daemonset` and what must come of it. */
export interface HealRun {
  /** Beside --pace fast. Default: --rollback auto. */
  flags?: (stage: Stage) => Promise<readonly string[]> | readonly string[];
  /** Resolves before the program starts. */
  before?(stage: Stage): Promise<void>;
  /** Runs beside the program. */
  during?(stage: Stage, program: Program): Promise<void>;
  expect: Expectation;
}

export interface Expectation {
  exit: 0 | 1 | 2 | 3 | 4;
  verdict: "recovered" | "partial" | "waiting" | "awaiting-approval" | "declined" | "failed";
  /** Of the verdict. */
  reason?: string;
  /** Number in the catalogue of failures, of the finding that the run was about. */
  cause: string;
  /** Exactly these, in this order: "delete pod on n4", "force delete pod on n3", "patch daemonset (rollback)". */
  writes: readonly string[];
  /** What the output must say: names, numbers, the command. */
  says?: (stage: Stage) => readonly (string | RegExp)[];
  /**
   * Pods that are Ready on Ready nodes when the run begins keep their UIDs until it ends. `false` where the rollout
   * itself goes on meanwhile; that the account deletes no Ready pod is judged all the same.
   */
  keepsHealthyPods?: false;
}
