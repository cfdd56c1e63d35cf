/** Evictions and what may stop them; quotas and what they count. */
import { expect } from "vitest";
import { pods } from "../../../src/kube/resources.ts";
import type { Bench, Case } from "../case.ts";
import { idlePod, podsOf, settledDaemonSet } from "../objects.ts";

interface Budget {
  status?: { currentHealthy: number; desiredHealthy: number; disruptionsAllowed: number; expectedPods: number };
}

function evict({ http, namespace }: Bench, pod: string, name = pod) {
  const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name } };
  return http({ method: "POST", path: `/api/v1/namespaces/${namespace}/pods/${pod}/eviction`, body });
}

async function untilAllowed(bench: Bench, disruptionsAllowed: number): Promise<Budget> {
  const path = `/apis/policy/v1/namespaces/${bench.namespace}/poddisruptionbudgets/pdb`;
  return bench.until(`${disruptionsAllowed} disruptions are allowed`, async () => {
    const { body } = await bench.http<Budget>({ path });
    return body.status?.disruptionsAllowed === disruptionsAllowed && body;
  });
}

const uid = ({ metadata }: { metadata: { uid: string } }): string => metadata.uid;

export const budgetCases: readonly Case[] = [
  {
    name: "an eviction deletes the pod; it must name it",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      const [pod] = await podsOf(bench);
      const name = pod?.metadata.name ?? "";
      const wrong = await evict(bench, name, "other");
      expect([wrong.code, wrong.body.message]).toEqual([400, "name in URL does not match name in Eviction object"]);
      const done = await evict(bench, name);
      expect([done.code, done.body.status]).toEqual([201, "Success"]);
      await bench.until("another pod", async () =>
        (await podsOf(bench)).some((each) => uid(each) !== pod?.metadata.uid),
      );
      expect((await evict(bench, "none")).code).toBe(404);
    },
  },
  {
    name: "a PodDisruptionBudget counts its pods, and an eviction that it does not allow is 429",
    nodes: 2,
    async run(bench) {
      await settledDaemonSet(bench);
      await bench.kubectl(["create", "pdb", "pdb", "--selector=app=agent", "--min-available=2"]);
      const path = `/apis/policy/v1/namespaces/${bench.namespace}/poddisruptionbudgets/pdb`;
      await bench.until(
        "it is counted",
        async () => (await bench.http<Budget>({ path })).body.status?.currentHealthy === 2,
      );
      expect((await untilAllowed(bench, 0)).status).toMatchObject({
        expectedPods: 2,
        currentHealthy: 2,
        desiredHealthy: 2,
      });
      const [pod] = await podsOf(bench);
      const refused = await evict(bench, pod?.metadata.name ?? "");
      expect([refused.code, refused.body.reason, refused.body.message]).toEqual([
        429,
        "TooManyRequests",
        "Cannot evict pod as it would violate the pod's disruption budget.",
      ]);
      await bench.kubectl(["patch", "pdb", "pdb", "--type=merge", "-p", '{"spec":{"minAvailable":1}}']);
      await untilAllowed(bench, 1);
      expect((await evict(bench, pod?.metadata.name ?? "")).code).toBe(201);
    },
  },
  {
    name: "a quota tells what is in use",
    async run(bench) {
      await bench.kubectl(["create", "quota", "few", "--hard=pods=2"]);
      const used = async () =>
        (await bench.kubectl(["get", "quota", "few", "-o", "jsonpath={.status.used.pods}/{.status.hard.pods}"])).trim();
      await bench.until("none", async () => (await used()) === "0/2");
      await bench.kube.create(pods, idlePod(bench, "one"));
      await bench.until("one", async () => (await used()) === "1/2");
      await bench.kube.delete(pods, { namespace: bench.namespace, name: "one" });
      await bench.until("none again", async () => (await used()) === "0/2");
    },
  },
];
