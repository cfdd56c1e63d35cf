/** The scenarios of FAILURES.md §6 on the sandbox. */
import { afterAll, beforeAll, describe, inject, it } from "vitest";
import { oneNode } from "../scenarios/daemonset-rollout/one-node.ts";
import { revisionFaults } from "../scenarios/daemonset-rollout/revision-faults.ts";
import { createExporter } from "../scenarios/decoys.ts";
import type { Grounds } from "../scenarios/ground.ts";
import { createGrounds } from "../scenarios/ground.ts";
import { runScenario } from "../scenarios/run-scenario.ts";
import type { Cluster } from "../support/cluster.ts";
import { startSandboxCluster } from "../support/sandbox-cluster.ts";

const programEntry = inject("programEntry");
let cluster: Cluster | undefined;
let grounds: Grounds;

beforeAll(async () => {
  const started = await startSandboxCluster({ programEntry, grounds: 5 });
  cluster = started;
  await createExporter(started);
  grounds = createGrounds(started);
});

afterAll(() => cluster?.stop());

describe("scenarios", () => {
  for (const scenario of [...revisionFaults, ...oneNode])
    it.concurrent(`${scenario.id} ${scenario.title}`, () => runScenario(scenario, grounds, programEntry));
});
