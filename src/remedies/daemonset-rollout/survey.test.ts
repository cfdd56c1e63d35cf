import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { settings } from "../../../test/support/daemonset-builders.ts";
import type { MemoryKube } from "../../../test/support/memory-kube.ts";
import { createMemoryKube } from "../../../test/support/memory-kube.ts";
import { StatusError, TransportError } from "../../kube/errors.ts";
import { controllerRevisions, daemonSets, events, namespaces, nodes, pods } from "../../kube/resources.ts";
import { inventory } from "./inventory.ts";
import type { Survey } from "./survey.ts";
import { survey } from "./survey.ts";
import type { SurveyScope } from "./survey-lists.ts";

const ALL: SurveyScope = { kind: "many", namespace: undefined, labelSelector: undefined };

async function aSet(kube: MemoryKube, namespace: string, name: string, waiting?: string): Promise<string> {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: "app", image: "app:1" }] } };
  const set = await kube.create(daemonSets, {
    metadata: { namespace, name, labels },
    spec: { selector: { matchLabels: labels }, template },
    status: {
      desiredNumberScheduled: 2,
      currentNumberScheduled: 2,
      numberReady: waiting === undefined ? 2 : 1,
      numberAvailable: waiting === undefined ? 2 : 1,
      updatedNumberScheduled: 2,
      numberMisscheduled: 0,
      observedGeneration: 1,
    },
  });
  const { uid } = set.metadata;
  const ownerReferences = [{ apiVersion: "apps/v1", kind: "DaemonSet", name, uid, controller: true }];
  const hash = `hash-${name}`;
  await kube.create(controllerRevisions, {
    metadata: {
      namespace,
      name: `${name}-1`,
      labels: { ...labels, "controller-revision-hash": hash },
      ownerReferences,
    },
    revision: 1,
    data: { spec: { template } } as unknown as Record<string, never>,
  });
  for (const node of ["n1", "n2"]) {
    const broken = waiting !== undefined && node === "n2";
    await kube.create<Pod>(pods, {
      metadata: {
        namespace,
        name: `${name}-${node}`,
        labels: { ...labels, "controller-revision-hash": hash },
        ownerReferences,
      },
      spec: { nodeName: node, containers: template.spec.containers },
      status: {
        phase: broken ? "Pending" : "Running",
        conditions: [{ type: "Ready", status: broken ? "False" : "True", lastTransitionTime: "2026-01-01T00:00:00Z" }],
        containerStatuses: [
          {
            name: "app",
            image: "app:1",
            imageID: "",
            ready: !broken,
            restartCount: 0,
            state: broken ? { waiting: { reason: waiting, message: "app:1: not found" } } : { running: {} },
          },
        ],
      },
    });
  }
  return uid;
}

async function aCluster(): Promise<MemoryKube> {
  const kube = createMemoryKube();
  for (const name of ["n1", "n2"])
    await kube.create(nodes, { metadata: { name }, status: { conditions: [{ type: "Ready", status: "True" }] } });
  for (const name of ["kube-system", "shop"])
    await kube.create(namespaces, { metadata: { name, annotations: { of: name } } });
  await aSet(kube, "shop", "well");
  await aSet(kube, "kube-system", "ill", "ImagePullBackOff");
  await kube.create<Pod>(pods, { metadata: { namespace: "shop", name: "stranger", labels: { app: "well" } } });
  kube.calls.length = 0;
  return kube;
}

function look(kube: MemoryKube, scope = ALL): Promise<Survey> {
  const signal = new AbortController().signal;
  return survey({ kube, scope, settings, signal, now: Date.now, progress: () => undefined });
}

function forbid(kube: MemoryKube, ...plurals: string[]): void {
  kube.failWith(({ plural }) =>
    plurals.includes(plural)
      ? new StatusError({ code: 403, reason: "Forbidden", message: `${plural} is forbidden` })
      : undefined,
  );
}

function observed(seen: Survey) {
  return seen.found.map((each) => {
    if (each.kind === "partly") return `${each.daemonSet.name}: partly`;
    const { daemonSet, pods: own, revisions, nodes: all, namespaceAnnotations, events: told } = each.observation;
    return `${daemonSet.name}: ${own.length} pods, ${revisions.length} revisions, ${all.length} nodes, of ${namespaceAnnotations?.of}, ${told.length} events`;
  });
}

describe("survey", () => {
  it("gives each DaemonSet what its uid owns, from lists that all share", async () => {
    const kube = await aCluster();
    const seen = await look(kube);
    expect(observed(seen)).toEqual([
      "ill: 2 pods, 1 revisions, 2 nodes, of kube-system, 0 events",
      "well: 2 pods, 1 revisions, 2 nodes, of shop, 0 events",
    ]);
    expect(seen.unread).toEqual([]);
    expect(kube.calls.map(({ verb, plural }) => `${verb} ${plural}`).sort()).toEqual([
      "list controllerrevisions",
      "list daemonsets",
      "list events",
      "list namespaces",
      "list nodes",
      "list pods",
    ]);
  });

  it("gives events to whom they are about", async () => {
    const kube = await aCluster();
    const involved = (kind: string, name: string, namespace: string) => ({ kind, name, namespace });
    await kube.create(events, {
      metadata: { namespace: "kube-system", name: "e1" },
      involvedObject: involved("Pod", "ill-n2", "kube-system"),
      reason: "Failed",
    });
    await kube.create(events, {
      metadata: { namespace: "shop", name: "e2" },
      involvedObject: involved("Pod", "ill-n2", "shop"),
      reason: "Failed",
    });
    expect(observed(await look(kube))).toEqual([
      expect.stringMatching(/^ill: .* 1 events$/),
      expect.stringMatching(/^well: .* 0 events$/),
    ]);
  });

  it.each([
    [["nodes"], ["ill: partly", "well: partly"]],
    [["pods"], ["ill: partly", "well: partly"]],
    [["controllerrevisions"], ["ill: partly", "well: partly"]],
  ])("without %j nothing is counted, and it says so", async (plurals, found) => {
    const kube = await aCluster();
    forbid(kube, ...plurals);
    const seen = await look(kube);
    expect(observed(seen)).toEqual(found);
    expect(seen.unread).toEqual(plurals.map((what) => ({ what, message: `${what} is forbidden` })));
  });

  it("without namespaces and events it counts, and each observation says what it lacks", async () => {
    const kube = await aCluster();
    forbid(kube, "namespaces", "events");
    const seen = await look(kube);
    const unread = seen.found.map((each) => (each.kind === "observed" ? each.observation.unread : undefined));
    expect(unread).toEqual([["namespaces", "events"], ["namespaces"]]);
    expect(seen.unread.map(({ what }) => what)).toEqual(["namespaces", "events"]);
  });

  it("reads nothing more where there is no DaemonSet", async () => {
    const kube = createMemoryKube();
    expect(await look(kube)).toMatchObject({ found: [], unread: [] });
    expect(kube.calls.map(({ plural }) => plural)).toEqual(["daemonsets"]);
  });

  it("one alone is read by its name", async () => {
    const kube = await aCluster();
    const seen = await look(kube, { kind: "one", namespace: "shop", name: "well" });
    expect(observed(seen)).toEqual(["well: 2 pods, 1 revisions, 2 nodes, of shop, 0 events"]);
    await expect(look(kube, { kind: "one", namespace: "shop", name: "ghost" })).rejects.toThrow(
      /shop\/ghost does not exist.*kubectl get daemonsets -n shop/,
    );
  });

  it.each([
    ["DaemonSets are refused", new StatusError({ code: 403, reason: "Forbidden", message: "no" }), "daemonsets"],
    ["pods break off", new TransportError("reset"), "pods"],
    ["nodes fail", new StatusError({ code: 500, reason: "InternalError", message: "oops" }), "nodes"],
  ])("rejects when %s: half a list is no list", async (_name, error, at) => {
    const kube = await aCluster();
    kube.failWith(({ plural }) => (plural === at ? error : undefined));
    await expect(look(kube)).rejects.toBe(error);
  });
});

describe("inventory", () => {
  it("needs DaemonSets and namespaces only", async () => {
    const kube = await aCluster();
    const signal = new AbortController().signal;
    const stock = await inventory({ kube, scope: ALL, settings, signal, now: Date.now, progress: () => undefined });
    expect(stock.found).toMatchObject([
      { name: "ill", facts: { desired: 2, namespaceAnnotations: { of: "kube-system" } } },
      { name: "well", facts: { desired: 2, namespaceAnnotations: { of: "shop" } } },
    ]);
    expect(kube.calls.map(({ plural }) => plural)).toEqual(["daemonsets", "namespaces"]);
  });
});
