/** Revision history, undo, restart: what kubectl and the controller make of them. FAILURES.md §1.5 and §1.6. */

import type { DaemonSet } from "kubernetes-types/apps/v1";
import { expect } from "vitest";
import { daemonSets } from "../../../src/kube/resources.ts";
import type { Live } from "../../../src/kube/types.ts";
import { daemonSetFacts } from "../../../src/remedies/daemonset-rollout/project.ts";
import type { Bench, Case } from "../case.ts";
import { podsOf, revisionsOf, setImage, settledDaemonSet, untilStatus } from "../objects.ts";

const agent = (bench: Bench) => ({ namespace: bench.namespace, name: "agent" });

interface Data {
  spec: { template: { spec: { containers: { image: string }[] }; $patch?: string } };
}

const templateOf = ({ data }: { data?: unknown }): Data["spec"]["template"] => (data as Data).spec.template;
const imageOf = (revision: { data?: unknown }): string => templateOf(revision).spec.containers[0]?.image ?? "";

/** "number image" of every revision, oldest first. */
async function history(bench: Bench): Promise<string[]> {
  return (await revisionsOf(bench)).map((revision) => `${revision.revision} ${imageOf(revision)}`);
}

async function rolledOut(bench: Bench, image: string): Promise<Live<DaemonSet>> {
  await setImage(bench, image);
  const count = bench.nodes.length;
  return untilStatus(
    bench,
    `${image} everywhere`,
    ({ updatedNumberScheduled, numberAvailable }) => updatedNumberScheduled === count && numberAvailable === count,
  );
}

/** Templates whose revision must be found again by comparing: the richer, the more defaults are in them. */
const templates: { what: string; parts: Parameters<typeof settledDaemonSet>[1] }[] = [
  { what: "a small template", parts: {} },
  {
    what: "a template with probes, ports, volumes, env and resources",
    parts: {
      container: {
        ports: [{ containerPort: 80, name: "http" }],
        env: [{ name: "NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }],
        readinessProbe: { httpGet: { path: "/", port: 80 } },
        resources: { requests: { cpu: "0.05", memory: "16Mi" }, limits: { memory: "64Mi" } },
        volumeMounts: [{ name: "host", mountPath: "/host" }],
        securityContext: { readOnlyRootFilesystem: true },
      },
      pod: {
        tolerations: [{ operator: "Exists" }],
        volumes: [{ name: "host", hostPath: { path: "/var/log" } }],
        securityContext: {},
      },
    },
  },
];

const equality: Case[] = templates.map(({ what, parts }) => ({
  name: `the revision of ${what} equals the template of the DaemonSet, and is the current one to the diagnosis`,
  nodes: 1,
  async run(bench) {
    await settledDaemonSet(bench, parts);
    const ds = await rolledOut(bench, "app:ok-2");
    const revisions = await revisionsOf(bench);
    const last = revisions.at(-1);
    expect(templateOf(last ?? {})).toEqual({ ...ds.spec?.template, $patch: "replace" });
    const [pod] = await podsOf(bench);
    expect(daemonSetFacts(ds, revisions).currentHash).toBe(pod?.metadata.labels?.["controller-revision-hash"]);
  },
}));

export const revisionCases: readonly Case[] = [
  ...equality,
  {
    name: "a revision: its name, labels, owner, data and annotations",
    nodes: 1,
    async run(bench) {
      const ds = await settledDaemonSet(bench);
      const [revision] = await revisionsOf(bench);
      const hash = revision?.metadata.labels?.["controller-revision-hash"];
      expect(revision?.metadata.name).toBe(`agent-${hash}`);
      expect(revision?.metadata.labels).toEqual({ app: "agent", "controller-revision-hash": hash });
      expect(revision?.revision).toBe(1);
      expect(revision?.metadata.ownerReferences).toEqual([
        {
          apiVersion: "apps/v1",
          kind: "DaemonSet",
          name: "agent",
          uid: ds.metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ]);
      expect(templateOf(revision ?? {}).$patch).toBe("replace");
      expect(Object.keys((revision?.data ?? {}) as object)).toEqual(["spec"]);
      expect(revision?.metadata.annotations).toEqual({ "deprecated.daemonset.template.generation": "1" });
    },
  },
  {
    name: "undo goes one back, and the revision that is used again gets a new number",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      await rolledOut(bench, "app:ok-2");
      await rolledOut(bench, "app:ok-3");
      expect(await history(bench)).toEqual(["1 app:ok-1", "2 app:ok-2", "3 app:ok-3"]);
      expect(await bench.kubectl(["rollout", "undo", "ds/agent"])).toContain("rolled back");
      await untilStatus(
        bench,
        "undone",
        ({ updatedNumberScheduled, numberAvailable }) => updatedNumberScheduled === 1 && numberAvailable === 1,
      );
      expect(await history(bench)).toEqual(["1 app:ok-1", "3 app:ok-3", "4 app:ok-2"]);
      // A second one returns to where the first one came from.
      await bench.kubectl(["rollout", "undo", "ds/agent"]);
      await untilStatus(bench, "undone again", ({ updatedNumberScheduled }) => updatedNumberScheduled === 1);
      expect(await history(bench)).toEqual(["1 app:ok-1", "4 app:ok-2", "5 app:ok-3"]);
      await bench.kubectl(["rollout", "undo", "ds/agent", "--to-revision=1"]);
      await untilStatus(bench, "at the first", ({ updatedNumberScheduled }) => updatedNumberScheduled === 1);
      expect(await history(bench)).toEqual(["4 app:ok-2", "5 app:ok-3", "6 app:ok-1"]);
    },
  },
  {
    name: "undo without history is refused",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      const { code, stderr } = await bench.tryKubectl(["rollout", "undo", "ds/agent"]);
      expect([code, stderr]).toEqual([1, expect.stringContaining("no last revision to roll back to") as string]);
    },
  },
  {
    name: "rollout history lists the revisions, and one of them in full",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      await rolledOut(bench, "app:ok-2");
      const lines = (await bench.kubectl(["rollout", "history", "ds/agent"])).trim().split("\n");
      expect(lines.slice(1).map((line) => line.trim().split(/\s+/))).toEqual([
        ["REVISION", "CHANGE-CAUSE"],
        ["1", "<none>"],
        ["2", "<none>"],
      ]);
      expect(await bench.kubectl(["rollout", "history", "ds/agent", "--revision=1"])).toContain("app:ok-1");
    },
  },
  {
    name: "restart makes a new revision that differs in its annotation alone, and replaces every pod",
    nodes: 2,
    async run(bench) {
      await settledDaemonSet(bench);
      const before = new Set((await podsOf(bench)).map(({ metadata }) => metadata.uid));
      expect(await bench.kubectl(["rollout", "restart", "ds/agent"])).toContain("restarted");
      await bench.until("every pod is new", async () => {
        const own = await podsOf(bench);
        return own.length === 2 && own.every(({ metadata }) => !before.has(metadata.uid));
      });
      expect(await history(bench)).toEqual(["1 app:ok-1", "2 app:ok-1"]);
      const ds = await bench.kube.get(daemonSets, agent(bench));
      expect(Object.keys(ds.spec?.template.metadata?.annotations ?? {})).toEqual(["kubectl.kubernetes.io/restartedAt"]);
      const facts = daemonSetFacts(ds, await revisionsOf(bench));
      expect(facts.currentHash).not.toBe("");
    },
  },
  {
    name: "history is kept to its limit, but the revision of a living pod stays",
    nodes: 2,
    async run(bench) {
      await settledDaemonSet(bench, { spec: { revisionHistoryLimit: 1 } });
      for (const image of ["app:bad-2", "app:bad-3", "app:bad-4"]) {
        await setImage(bench, image);
        await untilStatus(bench, `${image} has one node`, ({ updatedNumberScheduled }) => updatedNumberScheduled === 1);
      }
      // The one in use counts against the limit: nothing else of the past is kept.
      await bench.until("the history is cut", async () => (await history(bench)).length === 2);
      expect(await history(bench)).toEqual(["1 app:ok-1", "4 app:bad-4"]);
    },
  },
  {
    name: "the guarded rollback: JSON patch with test on uid and generation",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      const { metadata } = await rolledOut(bench, "app:ok-2");
      const [first] = await revisionsOf(bench);
      const { $patch: _directive, ...template } = templateOf(first ?? {});
      const patch = (generation: number) =>
        bench.kube.patch(daemonSets, agent(bench), {
          type: "json",
          operations: [
            { op: "test", path: "/metadata/uid", value: metadata.uid },
            { op: "test", path: "/metadata/generation", value: generation },
            { op: "replace", path: "/spec/template", value: template },
          ],
        });
      await expect(patch(1)).rejects.toMatchObject({ code: 422 });
      const after = await patch(metadata.generation ?? 0);
      expect([after.metadata.generation, after.spec?.template.spec?.containers[0]?.image]).toEqual([3, "app:ok-1"]);
      await untilStatus(
        bench,
        "back",
        ({ updatedNumberScheduled, numberAvailable }) => updatedNumberScheduled === 1 && numberAvailable === 1,
      );
      expect(await history(bench)).toEqual(["2 app:ok-2", "3 app:ok-1"]);
    },
  },
];
