/** The scenarios of FAILURES.md §6 on the sandbox. */
import { inject } from "vitest";
import { scenarios } from "../scenarios/daemonset-rollout/index.ts";
import { play } from "../scenarios/play.ts";
import { startSandboxCluster } from "../support/sandbox-cluster.ts";

const programEntry = inject("programEntry");

play(scenarios, programEntry, () => startSandboxCluster({ programEntry, grounds: 8 }));
