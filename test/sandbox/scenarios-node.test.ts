/** The scenarios of FAILURES.md §6 on the sandbox: nodes and running pods are at fault; then the runbook's letter. */
import { inject } from "vitest";
import { faultsAtRunTime } from "../scenarios/daemonset-rollout/index.ts";
import { play } from "../scenarios/play.ts";
import { startSandboxCluster } from "../support/sandbox-cluster.ts";

const programEntry = inject("programEntry");

play(faultsAtRunTime, programEntry, () => startSandboxCluster({ programEntry, grounds: 8 }));
