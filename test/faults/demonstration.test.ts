/**
 * A bad night, from the alerts to the audit log: eleven DaemonSets, a node that dies under all of them, a bad image pushed
 * to one, a pod wedged in another; every alert three times from two senders; server and Job killed in mid-repair.
 */
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { Live } from "../../src/kube/types.ts";
import type { Remediation } from "../../src/operarius/remediation.ts";
import { isTerminal } from "../../src/operarius/remediation.ts";
import { judge } from "../e2e/judge.ts";
import { crashOnN4 } from "../scenarios/daemonset-rollout/one-node.ts";
import { pullFails } from "../scenarios/daemonset-rollout/refusals.ts";
import { createExporter } from "../scenarios/decoys.ts";
import { createGrounds } from "../scenarios/ground.ts";
import { writesOn } from "../scenarios/run-scenario.ts";
import type { Stage } from "../scenarios/stage.ts";
import { createAgent, readPods, setFaults, untilNode, untilPods } from "../scenarios/stage.ts";
import { startSandboxCluster } from "../support/sandbox-cluster.ts";
import { until } from "../support/until.ts";
import { stuckDelivery } from "./alerts.ts";
import type { Fleet } from "./fleet.ts";
import { canSeeJobs, killRun, untilRunFor, whyNoJobs } from "./job-process.ts";
import { approve, untilRecord } from "./records.ts";
import { deliverAll } from "./sender.ts";
import { tally } from "./tally.ts";
import type { World } from "./world.ts";
import { serverUser, startWorld } from "./world.ts";

const entry = inject("programEntry");
let world: World;

beforeAll(async () => {
  const cluster = await startSandboxCluster({ programEntry: entry, manifests: ["rbac.yaml", "operarius.yaml"] });
  world = await startWorld(cluster, { entry });
  await createExporter(cluster);
});
afterAll(() => world?.stop());

interface Night {
  all: readonly Stage[];
  /** The one with the bad image, and the one with the wedged pod; the others suffer from the dead node alone. */
  bad: Stage;
  wedged: Stage;
}

/** Eleven DaemonSets on four nodes; what a person and fate do to them. */
async function fall(stage: Stage): Promise<Night> {
  const all = Array.from({ length: 11 }, (_, index) => ({
    ...stage,
    name: `agent-${String(index + 1).padStart(2, "0")}`,
  }));
  const [bad, wedged] = all;
  if (bad === undefined || wedged === undefined) throw new Error("there are eleven");
  await Promise.all(all.map((each) => createAgent(each, { toleratesAll: true, maxUnavailable: 2 })));
  await crashOnN4(wedged, "crashonce");
  await setFaults(stage, stage.node(1), "dead");
  await untilNode(stage, stage.node(1), { type: "Ready", status: "Unknown" });
  for (const each of all)
    await untilPods(each, "the pod on n1 not Ready", (pods) =>
      pods.some(({ node, ready }) => node === stage.node(1) && !ready),
    );
  await pullFails(bad, "app:bad-2");
  return { all, bad, wedged };
}

/** Kills the Job's program right after its write, and the server with it. */
async function killInMidRepair(fleet: Fleet, wedged: Stage): Promise<void> {
  const pid = await untilRunFor(wedged.name);
  await until("its write", async () => (await writesOn(wedged)).length > 0, { periodMs: 200, withinMs: 90_000 });
  killRun(pid);
  await fleet.kill(0);
  await fleet.start(0);
}

/** As a person does it who has read the plan. */
async function approveRollback(bad: Stage): Promise<void> {
  const plan = await untilRecord(world.cluster, bad.name, {
    what: "to await approval",
    holds: ({ status }) => status?.phase === "AwaitingApproval",
    withinMs: 180_000,
  });
  await approve(world.cluster, plan);
}

const inLine: ReadonlySet<string | undefined> = new Set(["ReceiverStorm", "StormRelease", "TooManyRunning"]);

/** It has ended, or was looked at and waits for something that is outside of it. */
function isSettled({ status }: Live<Remediation>): boolean {
  return isTerminal(status?.phase) || (status?.phase === "Blocked" && !inLine.has(status.reason));
}

describe.skipIf(!canSeeJobs)(`the demonstration${whyNoJobs}`, () => {
  it("only the writes that were right", { timeout: 300_000 }, async () => {
    const { cluster } = world;
    await createGrounds(cluster).on("night", async (stage) => {
      const { all, bad, wedged } = await fall(stage);
      const names = all.map(({ name }) => name);
      await world.withFleet(2, async (fleet) => {
        const deliveries = all.map(stuckDelivery);
        await deliverAll(deliveries, { ...world, urls: fleet.urls, times: 3, lanes: 2 });
        await Promise.all([killInMidRepair(fleet, wedged), approveRollback(bad)]);
        await untilPods(wedged, "a sound pod on n4", (pods) =>
          pods.some(({ node, ready, image }) => node === stage.node(4) && ready && image === "app:ok-2"),
        );
        await untilPods(
          bad,
          "three pods of app:ok-1 on the nodes that live",
          (pods) => pods.filter(({ ready, image }) => ready && image === "app:ok-1").length === 3,
        );
        await Promise.all(
          names.map((name) => untilRecord(cluster, name, { what: "to settle", holds: isSettled, withinMs: 180_000 })),
        );
      });
      const { records, lost, doubled } = await tally(cluster, { targets: names, answered: new Set(names) });
      console.log(
        `faults: ${records.map(({ spec, status }) => `${spec.target.name} ${status?.phase} ${status?.reason}`).join("; ")}`,
      );
      expect({ lost, doubled: doubled.filter((each) => !each.startsWith("record of")) }).toEqual({
        lost: [],
        doubled: [],
      });
      const phaseOf = (name: string) =>
        records.filter(({ spec }) => spec.target.name === name).map(({ status }) => status?.phase);
      for (const name of names.slice(2))
        for (const phase of phaseOf(name)) expect(["Blocked", "Declined"], name).toContain(phase);
      await judgeNight(stage, { all, bad, wedged }, records);
    });
  });
});

/** The audit log: one deletion, one rollback, and nothing on the dead node. */
async function judgeNight(stage: Stage, { bad, wedged }: Night, records: readonly Live<Remediation>[]): Promise<void> {
  const events = await world.cluster.audit();
  const { history } = stage;
  const right = ["delete pod on n4", `patch daemonset ${bad.name} (rollback)`];
  const words = (await writesOn(stage)).map((write) => write.words);
  expect(words.toSorted()).toEqual(right);
  const jobs = records.flatMap(({ status }) => status?.attempts ?? []).length;
  const nodeOf = (_: string, pod: string): string | undefined => {
    const index = stage.nodes.indexOf(history.find(pod)?.node ?? "");
    return index < 0 ? undefined : `n${index + 1}`;
  };
  const inOrder = words[0] === right[0] ? right : right.toReversed();
  expect(judge({ events, serverUser, nodeOf, calmSince: 0 }, { byJob: inOrder, jobs })).toEqual([]);
  expect((await readPods(wedged)).filter(({ node, ready }) => node !== stage.node(1) && !ready)).toEqual([]);
}
