/** Every scenario of the remedy for stuck DaemonSet rollouts, in three parts that take about the same time. */
import type { Scenario } from "../scenario.ts";
import { causesOfClusters } from "./causes-of-clusters.ts";
import { causesOfPods } from "./causes-of-pods.ts";
import { causesOfTemplates } from "./causes-of-templates.ts";
import { degraded } from "./degraded.ts";
import { brokenNodes } from "./nodes.ts";
import { oneNode } from "./one-node.ts";
import { refusals } from "./refusals.ts";
import { restartLetter } from "./restart-letter.ts";
import { revisionFaults } from "./revision-faults.ts";

/** The template is at fault, or belongs to somebody else. */
export const faultsOfTheRevision: readonly Scenario[] = [...revisionFaults, ...refusals];

/** Nodes or running pods are at fault; then `--strategy restart`. */
export const faultsAtRunTime: readonly Scenario[] = [...oneNode, ...degraded, ...brokenNodes, ...restartLetter];

/** The causes that S01 to S22 leave out, by their number in the catalogue. */
export const otherCauses: readonly Scenario[] = [...causesOfPods, ...causesOfClusters, ...causesOfTemplates];

/** The causes by number, then the runbook's letter, then S01 to S22 of FAILURES.md §6. */
export const scenarios: readonly Scenario[] = [...faultsOfTheRevision, ...faultsAtRunTime, ...otherCauses].sort(
  (a, b) => (a.id < b.id ? -1 : 1),
);
