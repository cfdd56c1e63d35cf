/** Turns scenarios into tests on one cluster: several at a time on a ground each, those that need it alone. */
import { afterAll, beforeAll, describe, it } from "vitest";
import type { Cluster } from "../support/cluster.ts";
import { createExporter } from "./decoys.ts";
import type { Grounds } from "./ground.ts";
import { createGrounds } from "./ground.ts";
import { runScenario } from "./run-scenario.ts";
import type { Scenario } from "./scenario.ts";

/** What a file of tests has of its cluster. Both throw before the cluster has started. */
export interface Playground {
  cluster(): Cluster;
  grounds(): Grounds;
}

/** Starts a cluster before the tests of the file and stops it after them. */
export function withCluster(start: () => Promise<Cluster>): Playground {
  let running: { cluster: Cluster; grounds: Grounds } | undefined;
  beforeAll(async () => {
    const cluster = await start();
    running = { cluster, grounds: createGrounds(cluster) };
    await createExporter(cluster);
  });
  afterAll(() => running?.cluster.stop());
  const get = () => {
    if (running === undefined) throw new Error("the cluster has not started");
    return running;
  };
  return { cluster: () => get().cluster, grounds: () => get().grounds };
}

/** What a scenario does to everybody on the cluster at once. */
function needsClusterAlone({ needs = [] }: Scenario): boolean {
  return needs.includes("stop-controller");
}

/** Registers one test per scenario. What the cluster lacks is skipped by name, with the reason. */
export function play(scenarios: readonly Scenario[], entry: string, start: () => Promise<Cluster>): void {
  const playground = withCluster(start);
  const run = async (scenario: Scenario, skip: (reason: string) => void): Promise<void> => {
    const { name, lacks } = playground.cluster();
    for (const need of scenario.needs ?? []) {
      const reason = lacks[need];
      if (reason !== undefined) skip(`${name} lacks ${need}: ${reason}`);
    }
    await runScenario(scenario, playground.grounds(), entry);
  };
  describe("side by side", () => {
    for (const scenario of scenarios.filter((each) => !needsClusterAlone(each)))
      it.concurrent(`${scenario.id} ${scenario.title}`, ({ skip }) => run(scenario, skip));
  });
  const alone = scenarios.filter(needsClusterAlone);
  if (alone.length === 0) return;
  describe("alone", () => {
    for (const scenario of alone) it(`${scenario.id} ${scenario.title}`, ({ skip }) => run(scenario, skip));
  });
}
