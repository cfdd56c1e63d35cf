/** Every scenario of the remedy for stuck DaemonSet rollouts. */
import type { Scenario } from "../scenario.ts";
import { degraded } from "./degraded.ts";
import { brokenNodes } from "./nodes.ts";
import { oneNode } from "./one-node.ts";
import { refusals } from "./refusals.ts";
import { restartLetter } from "./restart-letter.ts";
import { revisionFaults } from "./revision-faults.ts";

/** S01 to S22 of FAILURES.md §6, then the runbook's letter. */
export const scenarios: readonly Scenario[] = [
  ...[...revisionFaults, ...oneNode, ...brokenNodes, ...refusals, ...degraded].sort((a, b) => (a.id < b.id ? -1 : 1)),
  ...restartLetter,
];
