/** Garbage collection by owner, in its three ways; namespaces. */
import { expect } from "vitest";
import { configMaps, daemonSets, namespaces, pods } from "../../../src/kube/resources.ts";
import type { DeleteOptions } from "../../../src/kube/types.ts";
import type { Bench, Case } from "../case.ts";
import { aConfigMap, idlePod, podsOf, revisionsOf, settledDaemonSet } from "../objects.ts";

const named = (bench: Bench, name: string) => ({ namespace: bench.namespace, name });

async function exists(bench: Bench, name: string): Promise<boolean> {
  return bench.kube.get(configMaps, named(bench, name)).then(
    () => true,
    () => false,
  );
}

/** "owner" and "child", which it owns and which blocks its deletion. */
async function family(bench: Bench): Promise<void> {
  const { uid } = (await bench.kube.create(configMaps, aConfigMap(bench, "owner"))).metadata;
  const child = aConfigMap(bench, "child");
  const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "owner", uid, blockOwnerDeletion: true }];
  await bench.kube.create(configMaps, { ...child, metadata: { ...child.metadata, ownerReferences } });
}

const remove = (bench: Bench, propagationPolicy: DeleteOptions["propagationPolicy"]) =>
  bench.kube.delete(configMaps, named(bench, "owner"), propagationPolicy === undefined ? {} : { propagationPolicy });

export const collectionCases: readonly Case[] = [
  {
    name: "every namespace gets the root certificate of the cluster as a ConfigMap",
    async run(bench) {
      await bench.until("kube-root-ca.crt", async () => exists(bench, "kube-root-ca.crt"));
    },
  },
  {
    name: "Background: the owner goes at once, its dependents follow",
    async run(bench) {
      await family(bench);
      await remove(bench, "Background");
      expect(await exists(bench, "owner")).toBe(false);
      await bench.until("the child is gone", async () => !(await exists(bench, "child")));
    },
  },
  {
    name: "Foreground: the owner waits for its dependents",
    async run(bench) {
      await family(bench);
      const hold = { metadata: { finalizers: ["example.com/hold"] } };
      await bench.kube.patch(configMaps, named(bench, "child"), { type: "merge", body: hold });
      await remove(bench, "Foreground");
      const waiting = await bench.kube.get(configMaps, named(bench, "owner"));
      expect(waiting.metadata.finalizers).toEqual(["foregroundDeletion"]);
      await bench.until("the child is asked to go", async () => {
        const { metadata } = await bench.kube.get(configMaps, named(bench, "child"));
        return metadata.deletionTimestamp !== undefined;
      });
      expect(await exists(bench, "owner")).toBe(true);
      await bench.kube.patch(configMaps, named(bench, "child"), {
        type: "merge",
        body: { metadata: { finalizers: null } },
      });
      await bench.until(
        "both are gone",
        async () => !(await exists(bench, "owner")) && !(await exists(bench, "child")),
      );
    },
  },
  {
    name: "Orphan: the dependents stay, without an owner",
    async run(bench) {
      await family(bench);
      await remove(bench, "Orphan");
      await bench.until("the owner is gone", async () => !(await exists(bench, "owner")));
      expect((await bench.kube.get(configMaps, named(bench, "child"))).metadata.ownerReferences).toBeUndefined();
    },
  },
  {
    name: "an object whose owner never was is collected",
    async run(bench) {
      const child = aConfigMap(bench, "child");
      const uid = "b5b3b6a8-0000-4000-8000-000000000000";
      const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "nobody", uid }];
      await bench.kube.create(configMaps, { ...child, metadata: { ...child.metadata, ownerReferences } });
      await bench.until("it is gone", async () => !(await exists(bench, "child")));
    },
  },
  {
    name: "a DaemonSet that is deleted takes its pods and revisions along",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      await bench.kube.delete(daemonSets, named(bench, "agent"), { propagationPolicy: "Foreground" });
      await bench.until("all is gone", async () => {
        const left = [...(await podsOf(bench)), ...(await revisionsOf(bench))];
        return left.length === 0;
      });
      await bench.until("the DaemonSet is gone", async () =>
        bench.kube.get(daemonSets, named(bench, "agent")).then(
          () => false,
          () => true,
        ),
      );
    },
  },
  {
    name: "a namespace that is deleted takes nothing new meanwhile",
    async run(bench) {
      const name = `${bench.namespace}-x`;
      await bench.kube.create(namespaces, { metadata: { name } });
      const held = { metadata: { name: "held", namespace: name, finalizers: ["example.com/hold"] } };
      await bench.kube.create(configMaps, held);
      await bench.kube.delete(namespaces, { name });
      expect((await bench.kube.get(namespaces, { name })).status?.phase).toBe("Terminating");
      await expect(
        bench.kube.create(configMaps, { metadata: { name: "late", namespace: name } }),
      ).rejects.toMatchObject({
        code: 403,
        message: `configmaps "late" is forbidden: unable to create new content in namespace ${name} because it is being terminated`,
      });
      const body = { metadata: { finalizers: null } };
      await bench.kube.patch(configMaps, { namespace: name, name: "held" }, { type: "merge", body });
    },
  },
  {
    name: "a namespace that is deleted empties itself and goes",
    async run(bench) {
      const name = `${bench.namespace}-x`;
      await bench.kube.create(namespaces, { metadata: { name } });
      await bench.kube.create(configMaps, { metadata: { name: "one", namespace: name } });
      await bench.kube.delete(namespaces, { name });
      await bench.until("the namespace is gone", async () =>
        bench.kube.get(namespaces, { name }).then(
          () => false,
          () => true,
        ),
      );
    },
  },
  {
    name: "a pod whose node never was is removed by the pod garbage collector",
    async run(bench) {
      await bench.kube.create(pods, idlePod(bench, "lost", { nodeName: `${bench.namespace}-never` }));
      await bench.until(
        "the pod is gone",
        async () =>
          bench.kube.get(pods, named(bench, "lost")).then(
            () => false,
            () => true,
          ),
        { withinMs: 90_000 },
      );
    },
  },
];
