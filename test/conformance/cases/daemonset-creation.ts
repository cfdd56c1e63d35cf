import { expect } from "vitest";
import { daemonSets, events } from "../../../src/kube/resources.ts";
import type { Resource } from "../../../src/kube/types.ts";
import type { Case } from "../case.ts";
import { agent, messages } from "../daemonset-acts.ts";
import { aDaemonSet, podsOf, setImage, settledDaemonSet, untilStatus } from "../objects.ts";

const quotas: Resource<{ metadata: { name: string; namespace: string }; spec: object }> = {
  group: "",
  version: "v1",
  plural: "resourcequotas",
  kind: "ResourceQuota",
  namespaced: true,
};

export const creationCases: readonly Case[] = [
  {
    name: "a missing ServiceAccount stops the rollout at one node, says so in an event, and the status stays fresh",
    nodes: 2,
    async run(bench) {
      await settledDaemonSet(bench);
      const body = { spec: { template: { spec: { serviceAccountName: "nope", serviceAccount: "nope" } } } };
      await bench.kube.patch(daemonSets, agent(bench), { type: "merge", body });
      const found = await bench.until("the event", async () => (await messages(bench, "FailedCreate"))[0]);
      expect(found).toMatch(
        new RegExp(
          `^Error creating: pods "agent-" is forbidden: error looking up service account ${bench.namespace}/nope: serviceaccount "nope" not found$`,
        ),
      );
      const { status } = await untilStatus(
        bench,
        "one node is without",
        ({ currentNumberScheduled }) => currentNumberScheduled === 1,
      );
      expect(status).toMatchObject({
        desiredNumberScheduled: 2,
        numberUnavailable: 1,
        numberAvailable: 1,
        observedGeneration: 2,
      });
      expect(status?.updatedNumberScheduled ?? 0).toBe(0);
      // Repeated failures are one event that counts.
      const repeated = await bench.until("it is tried again", async () => {
        const fieldSelector = "involvedObject.name=agent,reason=FailedCreate";
        const { items } = await bench.kube.list(events, { namespace: bench.namespace, fieldSelector });
        return items.find(({ count }) => (count ?? 0) >= 3);
      });
      expect(repeated).toMatchObject({
        type: "Warning",
        reason: "FailedCreate",
        involvedObject: { kind: "DaemonSet", apiVersion: "apps/v1", name: "agent" },
        source: { component: "daemonset-controller" },
      });
      expect(Date.parse(repeated.lastTimestamp ?? "")).toBeGreaterThan(Date.parse(repeated.firstTimestamp ?? "") - 1);
    },
  },
  {
    name: "a quota that is used up: the words of the refusal, and a new DaemonSet's status",
    nodes: 1,
    async run(bench) {
      const { kube, namespace } = bench;
      await kube.create(quotas, { metadata: { name: "none", namespace }, spec: { hard: { pods: "0" } } });
      await bench.until("the quota is in force", async () => {
        const { status } = (await kube.get(quotas, { namespace, name: "none" })) as { status?: { hard?: object } };
        return status?.hard !== undefined;
      });
      await kube.create(daemonSets, aDaemonSet(bench));
      const found = await bench.until("the event", async () => (await messages(bench, "FailedCreate"))[0]);
      expect(found).toMatch(
        /^Error creating: pods "agent-[a-z0-9]{5}" is forbidden: exceeded quota: none, requested: pods=1, used: pods=0, limited: pods=0$/,
      );
      const { status } = await untilStatus(
        bench,
        "counted",
        ({ desiredNumberScheduled }) => desiredNumberScheduled === 1,
      );
      expect(status).toMatchObject({ currentNumberScheduled: 0, observedGeneration: 1, numberUnavailable: 1 });
    },
  },
  {
    name: "a PriorityClass that does not exist",
    nodes: 1,
    async run(bench) {
      await bench.kube.create(daemonSets, aDaemonSet(bench, { pod: { priorityClassName: "nope" } }));
      const found = await bench.until("the event", async () => (await messages(bench, "FailedCreate"))[0]);
      expect(found).toBe('Error creating: pods "agent-" is forbidden: no PriorityClass with name nope was found');
    },
  },
  {
    name: "creations and deletions are told in events",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      const [pod] = await podsOf(bench);
      const name = pod?.metadata.name ?? "";
      await bench.until("the event", async () =>
        (await messages(bench, "SuccessfulCreate")).includes(`Created pod: ${name}`),
      );
      await setImage(bench, "app:ok-2");
      await bench.until("the event", async () =>
        (await messages(bench, "SuccessfulDelete")).includes(`Deleted pod: ${name}`),
      );
    },
  },
];
