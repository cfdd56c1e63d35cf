import { describe, expect, it } from "vitest";
import { settings } from "../../../test/support/daemonset-builders.ts";
import { aCluster } from "../../../test/support/memory-cluster.ts";
import type { MemoryKube } from "../../../test/support/memory-kube.ts";
import { createMemoryKube } from "../../../test/support/memory-kube.ts";
import { StatusError, TransportError } from "../../kube/errors.ts";
import { events } from "../../kube/resources.ts";
import { inventory } from "./inventory.ts";
import type { Survey } from "./survey.ts";
import { survey } from "./survey.ts";
import type { SurveyScope } from "./survey-lists.ts";

const ALL: SurveyScope = { kind: "many", namespace: undefined, labelSelector: undefined };

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
