/** What one repair costs: a pod that crashes on one node (C04), healed by the bundled program as a Job runs it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { crashOnN4 } from "../test/scenarios/daemonset-rollout/one-node.ts";
import { createGrounds } from "../test/scenarios/ground.ts";
import type { Stage } from "../test/scenarios/stage.ts";
import { createAgent } from "../test/scenarios/stage.ts";
import type { Cluster } from "../test/support/cluster.ts";
import { healer } from "../test/support/cluster.ts";
import { startProgram } from "../test/support/program.ts";
import { startSandboxCluster } from "../test/support/sandbox-cluster.ts";
import type { Cost } from "./measure.ts";
import { measure, median } from "./measure.ts";
import { report } from "./report.ts";

const entry = inject("programEntry");
const starts = 9;
const repairs = 3;
let cluster: Cluster;

beforeAll(async () => {
  cluster = await startSandboxCluster({ programEntry: entry });
});

afterAll(() => cluster.stop());

/** As in a Job: the pod's own account, no kubeconfig. */
async function heal(
  { namespace, name }: Stage,
  flags: readonly string[] = [],
): Promise<Cost & { code: number | undefined; output: string }> {
  const account = await cluster.account(healer.namespace, healer.name);
  const { hostname, port } = new URL(cluster.url);
  const program = startProgram({
    entry,
    args: ["heal", "daemonset", name, "-n", namespace, "--pace", "fast", ...flags],
    env: {
      HOME: account.directory,
      KUBERNETES_SERVICE_HOST: hostname,
      KUBERNETES_SERVICE_PORT: port,
      OPERARIUS_SERVICEACCOUNT_DIR: account.directory,
      // What the server adds to its Jobs.
      OPERARIUS_NAMESPACE: healer.namespace,
      OPERARIUS_DEADLINE_SECONDS: "300",
    },
  });
  return measure(program, account.user, () => cluster.audit());
}

it("heals one pod", async () => {
  const grounds = createGrounds(cluster);
  const started: Cost[] = [];
  const healed: Cost[] = [];
  await grounds.on("start", async (stage) => {
    await createAgent(stage);
    // The first run warms the disk's cache and does not count.
    await heal(stage, ["--soak", "0s"]);
    for (let run = 0; run < starts; run++) started.push(await heal(stage, ["--soak", "0s"]));
  });
  for (let run = 0; run < repairs; run++)
    await grounds.on(`heal-${run}`, async (stage) => {
      await createAgent(stage);
      await crashOnN4(stage, "crashonce");
      const cost = await heal(stage);
      expect(cost.code, cost.output).toBe(0);
      expect(cost.firstWriteMs).toBeGreaterThan(0);
      healed.push(cost);
    });
  const row = (what: string, unit: string, values: readonly number[], target?: number) => ({
    what,
    unit,
    values,
    median: median(values),
    ...(target === undefined ? {} : { target }),
  });
  const text = report(
    "One deletion by `operarius heal daemonset`, in the cluster",
    [
      row(
        "process start to first API request",
        "ms",
        started.map(({ firstRequestMs }) => firstRequestMs),
        150,
      ),
      row(
        "API requests of the whole repair",
        "requests",
        healed.map(({ requests }) => requests.length),
        15,
      ),
      row(
        "peak resident memory",
        "MB",
        healed.map(({ peakRssMb }) => peakRssMb),
        80,
      ),
      row(
        "processor time of the whole repair",
        "s",
        healed.map(({ cpuSeconds }) => cpuSeconds),
      ),
    ],
    { at: new Date(), notes: [`The requests of the last repair: ${healed.at(-1)?.requests.join(", ")}.`] },
  );
  writeFileSync(join(import.meta.dirname, "results.md"), text);
  process.stdout.write(`\n${text}\n`);
});
