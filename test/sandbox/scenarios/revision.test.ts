/** The scenarios of FAILURES.md §6 on the sandbox: the new revision is at fault, or somebody else must act. */
import { inject } from "vitest";
import { faultsOfTheRevision } from "../../scenarios/daemonset-rollout/index.ts";
import { play } from "../../scenarios/play.ts";
import { startSandboxCluster } from "../../support/sandbox-cluster.ts";

const programEntry = inject("programEntry");

play(faultsOfTheRevision, programEntry, () => startSandboxCluster({ programEntry, grounds: 8 }));
