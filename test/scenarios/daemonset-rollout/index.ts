/** Every scenario of the remedy for stuck DaemonSet rollouts, in two halves that take about the same time. */
import type { Scenario } from "../scenario.ts";
import { degraded } from "./degraded.ts";
import { guarded } from "./guarded.ts";
import { brokenNodes } from "./nodes.ts";
import { oneNode } from "./one-node.ts";
import { refusals } from "./refusals.ts";
import { restartLetter } from "./restart-letter.ts";
import { revisionFaults } from "./revision-faults.ts";

/** The template is at fault, or belongs to somebody else, or a guard stops what would help. */
export const faultsOfTheRevision: readonly Scenario[] = [...revisionFaults, ...refusals, ...guarded];

/** Nodes or running pods are at fault; then `--strategy restart`. */
export const faultsAtRunTime: readonly Scenario[] = [...oneNode, ...degraded, ...brokenNodes, ...restartLetter];

/** S01 to S22 of FAILURES.md §6 by number, the guards (G), the runbook's letter (R). */
export const scenarios: readonly Scenario[] = [...faultsOfTheRevision, ...faultsAtRunTime].sort((a, b) =>
  a.id < b.id ? -1 : 1,
);
