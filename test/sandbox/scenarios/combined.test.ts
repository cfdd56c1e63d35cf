/** Scenarios with several things at once, on the sandbox. */
import { inject } from "vitest";
import { severalAtOnce } from "../../scenarios/daemonset-rollout/index.ts";
import { play } from "../../scenarios/play.ts";
import { startSandboxCluster } from "../../support/sandbox-cluster.ts";

const programEntry = inject("programEntry");

play(severalAtOnce, programEntry, () => startSandboxCluster({ programEntry, grounds: 8 }));
