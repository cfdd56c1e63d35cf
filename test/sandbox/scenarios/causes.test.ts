/** The scenarios of the causes that FAILURES.md §6 leaves out, on the sandbox. */
import { inject } from "vitest";
import { otherCauses } from "../../scenarios/daemonset-rollout/index.ts";
import { play } from "../../scenarios/play.ts";
import { startSandboxCluster } from "../../support/sandbox-cluster.ts";

const programEntry = inject("programEntry");

play(otherCauses, programEntry, () => startSandboxCluster({ programEntry, grounds: 8 }));
