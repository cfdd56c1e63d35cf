/** What the projections make of objects that leave out all that may be left out, and of what they say in part. */
import type { ControllerRevision, DaemonSet } from "kubernetes-types/apps/v1";
import type { Event, Node } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import type { Live } from "../../kube/types.ts";
import {
  daemonSetFacts,
  eventFacts,
  labelSelector,
  nodeFacts,
  ownAnnotations,
  revisionFacts,
  statusWrittenAt,
} from "./project.ts";

const at = (day: number): string => `2026-01-0${day}T00:00:00Z`;
const ms = (day: number): number => Date.parse(at(day));
const bare = { name: "x", uid: "u", resourceVersion: "7" };

function daemonSet(metadata: object = {}, rest: object = {}): Live<DaemonSet> {
  return { metadata: { ...bare, ...metadata }, ...rest } as unknown as Live<DaemonSet>;
}

function node(rest: object = {}): Live<Node> {
  return { metadata: bare, ...rest } as unknown as Live<Node>;
}

function revision(metadata: object, number = 1): Live<ControllerRevision> {
  return { metadata: { ...bare, ...metadata }, revision: number } as unknown as Live<ControllerRevision>;
}

describe("a DaemonSet", () => {
  it("that says nothing", () => {
    const { template, ...facts } = daemonSetFacts(daemonSet(), []);
    expect(facts).toEqual({
      name: "x",
      namespace: "",
      uid: "u",
      resourceVersion: "7",
      generation: 0,
      observedGeneration: 0,
      deleting: false,
      strategy: "RollingUpdate",
      maxUnavailable: 1,
      maxSurge: 0,
      minReadySeconds: 0,
      status: { desired: 0, current: 0, updated: 0, ready: 0, available: 0, misscheduled: 0 },
      currentHash: "",
      annotations: {},
      labels: {},
      controller: "",
      templateManagers: [],
    });
    expect(template.gated).toBe(false);
  });

  it("whose strategy and status say little", () => {
    const facts = daemonSetFacts(
      daemonSet({ labels: { a: "b" } }, { spec: { updateStrategy: { rollingUpdate: {} } }, status: {} }),
      [],
    );
    expect(facts).toMatchObject({ maxUnavailable: 1, maxSurge: 0, observedGeneration: 0, labels: { a: "b" } });
    expect(facts.status).toEqual({ desired: 0, current: 0, updated: 0, ready: 0, available: 0, misscheduled: 0 });
  });

  it("with surge", () => {
    const spec = { updateStrategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: "20%" } } };
    expect(daemonSetFacts(daemonSet({}, { spec }), [])).toMatchObject({ maxUnavailable: 0, maxSurge: "20%" });
  });

  it("with owners of which none controls it", () => {
    const ownerReferences = [
      { kind: "Other", name: "x", controller: false },
      { kind: "Third", name: "y" },
    ];
    expect(daemonSetFacts(daemonSet({ ownerReferences }), []).controller).toBe("");
  });

  it("whose managers wrote parts of it, some at a time that is not known", () => {
    const template = { "f:spec": { "f:template": {} } };
    const managedFields = [
      { manager: "a", time: at(2), fieldsV1: template },
      { manager: "b", fieldsV1: { "f:spec": { "f:minReadySeconds": {} } } },
      { manager: "c", time: "nonsense", fieldsV1: { "f:spec": {} } },
      { fieldsV1: template },
      { manager: "d", time: at(3) },
      { manager: "status", time: at(9), subresource: "status", fieldsV1: template },
    ];
    expect(daemonSetFacts(daemonSet({ managedFields }), [])).toMatchObject({
      specChangedAt: ms(3),
      templateManagers: ["a", ""],
    });
    const timeless = [{ manager: "b" }];
    expect(daemonSetFacts(daemonSet({ managedFields: timeless }), [])).not.toHaveProperty("specChangedAt");
  });

  it("whose present revision has no hash label", () => {
    const ownerReferences = [{ uid: "u", controller: true }];
    expect(daemonSetFacts(daemonSet(), [revision({ ownerReferences })]).currentHash).toBe("");
    expect(daemonSetFacts(daemonSet(), [revision({ ownerReferences, labels: {} })]).currentHash).toBe("");
  });
});

describe("statusWrittenAt", () => {
  it.each<[string, object[] | undefined, number]>([
    ["no managedFields", undefined, 0],
    ["nobody wrote it", [{ time: at(5), fieldsV1: { "f:spec": {} } }, { time: at(6) }], 0],
    ["the controller, by its subresource", [{ time: at(5), subresource: "status" }], ms(5)],
    ["an older one, by the fields", [{ time: at(4), fieldsV1: { "f:status": {} } }], ms(4)],
    [
      "the last of several",
      [
        { time: at(6), subresource: "status" },
        { time: at(8), subresource: "scale" },
        { time: at(4), subresource: "status" },
      ],
      ms(6),
    ],
    ["at a time that is not known", [{ subresource: "status" }], 0],
  ])("%s", (_name, managedFields, want) => {
    expect(statusWrittenAt(daemonSet({ managedFields }))).toBe(want);
  });
});

describe("ownAnnotations", () => {
  it("all but kubectl's copy, without secrets, cut to 1024 characters", () => {
    const annotations = {
      "kubectl.kubernetes.io/last-applied-configuration": "{}",
      note: "password=hunter2",
      long: "x ".repeat(600),
    };
    const { long, ...rest } = ownAnnotations(annotations);
    expect(rest).toEqual({ note: "password=[redacted]" });
    expect(long).toHaveLength(1024);
    expect(ownAnnotations(undefined)).toEqual({});
  });
});

describe("revisions", () => {
  const owned = (controller: boolean | undefined, uid = "u") => ({ ownerReferences: [{ uid, controller }] });

  it("that say nothing", () => {
    expect(revisionFacts("u", [revision(owned(true))])).toMatchObject([
      { name: "x", hash: "", number: 1, createdAt: 0, madeAt: 0, images: {} },
    ]);
  });

  it("only those that it controls, and by all their owners", () => {
    const foreign = [revision(owned(true, "v")), revision(owned(false)), revision(owned(undefined)), revision({})];
    expect(revisionFacts("u", foreign)).toEqual([]);
    const second = revision({ ownerReferences: [{ uid: "v" }, { uid: "u", controller: true }] }, 4);
    expect(revisionFacts("u", [second])).toMatchObject([{ number: 4 }]);
  });

  it("are as old as their number, and as old as their object", () => {
    const managedFields = [
      { time: at(5), fieldsV1: { "f:revision": {} } },
      { time: at(3), fieldsV1: { "f:revision": {} } },
      { fieldsV1: { "f:revision": {} } },
      { time: at(9) },
    ];
    const [found] = revisionFacts("u", [revision({ ...owned(true), creationTimestamp: at(2), managedFields })]);
    expect(found).toMatchObject({ createdAt: ms(5), madeAt: ms(2) });
  });
});

describe("a node", () => {
  const silent = { architecture: "", operatingSystem: "", osImage: "", kernel: "", runtime: "", kubelet: "" };
  it("that says nothing", () => {
    const want = { name: "x", createdAt: 0, ready: "Unknown", pressures: [], taints: [], labels: {}, info: silent };
    expect(nodeFacts(node())).toEqual(want);
    expect(nodeFacts(node({ spec: {}, status: { nodeInfo: {} } }))).toEqual(want);
  });

  it("that says everything", () => {
    const condition = (type: string, status: string) => ({ type, status, lastTransitionTime: at(4) });
    const facts = nodeFacts({
      metadata: { ...bare, creationTimestamp: at(1), labels: { pool: "a" } },
      spec: { taints: [{ key: "k", effect: "NoSchedule" }] },
      status: {
        conditions: [
          { type: "MemoryPressure", status: "True" },
          condition("Ready", "Odd"),
          condition("DiskPressure", "Unknown"),
          condition("PIDPressure", "True"),
        ],
        nodeInfo: {
          architecture: "arm64",
          operatingSystem: "linux",
          osImage: "Debian",
          kernelVersion: "6.12",
          containerRuntimeVersion: "containerd://2",
          kubeletVersion: "v1.35",
        },
      },
    } as unknown as Live<Node>);
    expect(facts).toEqual({
      name: "x",
      createdAt: ms(1),
      ready: "Unknown",
      readyChangedAt: ms(4),
      pressures: ["MemoryPressure", "PIDPressure"],
      taints: [{ key: "k", effect: "NoSchedule" }],
      labels: { pool: "a" },
      info: {
        architecture: "arm64",
        operatingSystem: "linux",
        osImage: "Debian",
        kernel: "6.12",
        runtime: "containerd://2",
        kubelet: "v1.35",
      },
    });
  });
});

describe("an event", () => {
  const event = (rest: object) => ({ metadata: {}, involvedObject: {}, ...rest }) as unknown as Live<Event>;

  it("that says nothing", () => {
    expect(eventFacts(event({}))).toEqual({ reason: "", message: "", about: "/", lastAt: 0 });
  });

  it("is told without what looks like a secret, or by the mask that is given", () => {
    expect(eventFacts(event({ message: "password=hunter2 refused" })).message).toBe("password=[redacted] refused");
    expect(eventFacts(event({ message: "x ".repeat(600) })).message).toHaveLength(1024);
    expect(eventFacts(event({ message: "abc" }), (text) => text.toUpperCase()).message).toBe("ABC");
  });

  it("is as old as its first time where it has no later one", () => {
    expect(eventFacts(event({ firstTimestamp: at(3) })).lastAt).toBe(ms(3));
  });
});

describe("labelSelector", () => {
  it("of nothing is nothing, and an expression may have no values", () => {
    expect(labelSelector({})).toBe("");
    const matchExpressions = [{ key: "a", operator: "In" }];
    expect(labelSelector({ spec: { selector: { matchExpressions }, template: {} } })).toBe("a in ()");
  });
});
