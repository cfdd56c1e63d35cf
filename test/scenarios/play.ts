/** Turns scenarios into tests on one cluster: several at a time on a ground each, those that need it alone. */
import { afterAll, beforeAll, describe, it } from "vitest";
import type { Cluster } from "../support/cluster.ts";
import { createExporter } from "./decoys.ts";
import type { Grounds } from "./ground.ts";
import { createGrounds } from "./ground.ts";
import { runScenario } from "./run-scenario.ts";
import type { Scenario } from "./scenario.ts";

/** What a scenario does to everybody on the cluster at once. */
export function needsClusterAlone({ needs = [] }: Scenario): boolean {
  return needs.includes("stop-controller");
}

/** Registers one test per scenario. What the cluster lacks is skipped by name, with the reason. */
export function play(scenarios: readonly Scenario[], entry: string, start: () => Promise<Cluster>): void {
  let cluster: Cluster | undefined;
  let grounds: Grounds | undefined;
  beforeAll(async () => {
    cluster = await start();
    await createExporter(cluster);
    grounds = createGrounds(cluster);
  });
  afterAll(() => cluster?.stop());
  const run = async (scenario: Scenario, skip: (reason: string) => void): Promise<void> => {
    if (cluster === undefined || grounds === undefined) throw new Error("the cluster did not start");
    for (const need of scenario.needs ?? []) {
      const reason = cluster.lacks[need];
      if (reason !== undefined) skip(`${cluster.name} lacks ${need}: ${reason}`);
    }
    await runScenario(scenario, grounds, entry);
  };
  describe.concurrent("side by side", () => {
    for (const scenario of scenarios.filter((each) => !needsClusterAlone(each)))
      it.concurrent(`${scenario.id} ${scenario.title}`, ({ skip }) => run(scenario, skip));
  });
  describe("alone", () => {
    for (const scenario of scenarios.filter(needsClusterAlone))
      it(`${scenario.id} ${scenario.title}`, ({ skip }) => run(scenario, skip));
  });
}
