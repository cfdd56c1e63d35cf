import type { ControllerRevision, DaemonSet } from "kubernetes-types/apps/v1";
import type { Event, Node, Pod, PodTemplateSpec } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import type { Live } from "../../kube/types.ts";
import { daemonSetFacts, eventFacts, labelSelector, nodeFacts, revisionFacts } from "./project.ts";
import { isControlledBy, podFacts } from "./project-pod.ts";

const SECRET = "hunter2-very-secret";
const UID = "5b1c3a2e-0001";
const owner = { apiVersion: "apps/v1", kind: "DaemonSet", name: "agent", uid: UID, controller: true };

/** As an API server returns it: defaults filled in, secrets in every place where people put them. */
function template(image = "registry.example.com/app:ok-2", annotations?: Record<string, string>): PodTemplateSpec {
  return {
    metadata: { creationTimestamp: null, labels: { app: "agent" }, ...(annotations ? { annotations } : {}) },
    spec: {
      initContainers: [{ name: "prepare", image: "busybox:1.36", command: ["sh", "-c", `echo ${SECRET}`] }],
      containers: [
        {
          name: "main",
          image,
          args: [`--token=${SECRET}`],
          env: [{ name: "PASSWORD", value: SECRET }],
          readinessProbe: { httpGet: { path: "/ready", port: 8080 }, periodSeconds: 10 },
          startupProbe: {
            httpGet: { path: "/", port: 8080 },
            initialDelaySeconds: 5,
            periodSeconds: 10,
            failureThreshold: 30,
          },
          resources: { requests: { cpu: "100m" } },
          terminationMessagePath: "/dev/termination-log",
        },
      ],
      restartPolicy: "Always",
      serviceAccountName: "agent",
      terminationGracePeriodSeconds: 45,
      tolerations: [{ key: "node-role.kubernetes.io/control-plane", operator: "Exists", effect: "NoSchedule" }],
      hostNetwork: true,
    },
  } as unknown as PodTemplateSpec;
}

function daemonSet(spec: object = {}, metadata: object = {}): Live<DaemonSet> {
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: {
      name: "agent",
      namespace: "kube-system",
      uid: UID,
      resourceVersion: "777",
      generation: 3,
      creationTimestamp: "2026-01-01T00:00:00Z",
      annotations: {
        "deprecated.daemonset.template.generation": "3",
        "kubectl.kubernetes.io/last-applied-configuration": `{"spec":{"env":"${SECRET}"}}`,
        "operarius.openfero.io/rollback": "suggest",
      },
      managedFields: [
        {
          manager: "kubectl-client-side-apply",
          operation: "Update",
          time: "2026-01-02T00:00:00Z",
          fieldsV1: { "f:spec": { "f:template": {} } },
        },
        {
          manager: "kubectl-annotate",
          operation: "Update",
          time: "2026-01-03T00:00:00Z",
          fieldsV1: { "f:metadata": {} },
        },
        {
          manager: "kube-controller-manager",
          operation: "Update",
          subresource: "status",
          time: "2026-01-09T00:00:00Z",
          fieldsV1: { "f:status": {} },
        },
      ],
      ...metadata,
    },
    spec: {
      selector: { matchLabels: { app: "agent" } },
      template: template(),
      minReadySeconds: 10,
      revisionHistoryLimit: 10,
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "10%", maxSurge: 0 } },
      ...spec,
    },
    status: {
      currentNumberScheduled: 4,
      desiredNumberScheduled: 4,
      numberMisscheduled: 1,
      numberReady: 3,
      numberAvailable: 2,
      updatedNumberScheduled: 1,
      observedGeneration: 3,
    },
  } as unknown as Live<DaemonSet>;
}

function revision(number: number, of: PodTemplateSpec, metadata: object = {}): Live<ControllerRevision> {
  return {
    metadata: {
      name: `agent-${number}`,
      namespace: "kube-system",
      uid: `revision-${number}`,
      resourceVersion: "1",
      creationTimestamp: "2026-01-02T00:00:00Z",
      labels: { app: "agent", "controller-revision-hash": `hash${number}` },
      ownerReferences: [owner],
      ...metadata,
    },
    revision: number,
    data: { spec: { template: { ...of, $patch: "replace" } } },
  } as unknown as Live<ControllerRevision>;
}

function pod(parts: { metadata?: object; spec?: object; status?: object } = {}): Live<Pod> {
  const { metadata, spec } = template();
  return {
    metadata: {
      ...metadata,
      name: "agent-x7k2p",
      namespace: "kube-system",
      uid: "pod-1",
      resourceVersion: "4711",
      creationTimestamp: "2026-01-02T00:00:10Z",
      labels: { app: "agent", "controller-revision-hash": "hash2", "pod-template-generation": "3" },
      ownerReferences: [owner],
      ...parts.metadata,
    },
    spec: { ...spec, nodeName: "n1", ...parts.spec },
    status: {
      phase: "Running",
      conditions: [
        { type: "PodScheduled", status: "True", lastTransitionTime: "2026-01-02T00:00:10Z" },
        { type: "Ready", status: "True", lastTransitionTime: "2026-01-02T00:00:20Z" },
      ],
      containerStatuses: [
        {
          name: "main",
          image: "registry.example.com/app:ok-2",
          imageID: "sha256:abc",
          ready: true,
          restartCount: 2,
          started: true,
          state: { running: { startedAt: "2026-01-02T00:00:15Z" } },
          lastState: {
            terminated: {
              exitCode: 137,
              reason: "OOMKilled",
              startedAt: "2026-01-02T00:00:11Z",
              finishedAt: "2026-01-02T00:00:14Z",
            },
          },
        },
      ],
      ...parts.status,
    },
  } as unknown as Live<Pod>;
}

describe("secrets stay behind", () => {
  it("no env value, argument or last-applied copy is in any fact", () => {
    const revisions = [revision(1, template("app:ok-1")), revision(2, template())];
    const facts = [
      daemonSetFacts(daemonSet(), revisions),
      revisionFacts(UID, revisions),
      podFacts(pod({ metadata: { annotations: { "kubectl.kubernetes.io/last-applied-configuration": SECRET } } })),
    ];
    expect(JSON.stringify(facts)).not.toContain(SECRET);
    expect(JSON.stringify(facts)).not.toContain("last-applied");
  });

  it("but what decides differently is different", () => {
    const spec = (of: PodTemplateSpec) => daemonSetFacts(daemonSet({ template: of }), []).template;
    const other = template();
    const main = other.spec?.containers[0];
    if (main) main.args = ["--token=another"];
    expect(spec(other).specs.main).not.toBe(spec(template()).specs.main);
    expect(spec(other).hash).not.toBe(spec(template()).hash);
  });
});

describe("daemonSetFacts", () => {
  it("keeps what the diagnosis reads", () => {
    const facts = daemonSetFacts(daemonSet(), [revision(1, template("app:ok-1")), revision(2, template())]);
    expect(facts).toMatchObject({
      name: "agent",
      namespace: "kube-system",
      uid: UID,
      generation: 3,
      observedGeneration: 3,
      specChangedAt: Date.parse("2026-01-03T00:00:00Z"),
      deleting: false,
      strategy: "RollingUpdate",
      maxUnavailable: "10%",
      minReadySeconds: 10,
      status: { desired: 4, current: 4, updated: 1, ready: 3, available: 2, misscheduled: 1 },
      currentHash: "hash2",
      controller: "",
      templateManagers: ["kubectl-client-side-apply"],
    });
    expect(facts.template).toMatchObject({
      gated: true,
      startupAllowanceMs: 305_000,
      gracePeriodMs: 45_000,
      hostNetwork: true,
      images: { prepare: "busybox:1.36", main: "registry.example.com/app:ok-2" },
    });
    expect(facts.annotations["operarius.openfero.io/rollback"]).toBe("suggest");
  });

  it.each<[string, object, object, object]>([
    ["no status yet", {}, { status: undefined }, { observedGeneration: 0, status: { desired: 0 } }],
    ["OnDelete", { updateStrategy: { type: "OnDelete" } }, {}, { strategy: "OnDelete", maxUnavailable: 1 }],
    ["no strategy", { updateStrategy: undefined }, {}, { strategy: "RollingUpdate", maxUnavailable: 1 }],
    [
      "maxUnavailable 0 with surge",
      { updateStrategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } } },
      {},
      { maxUnavailable: 0 },
    ],
    ["no spec", {}, { spec: undefined }, { template: { images: {}, gated: false } }],
  ])("%s", (_name, spec, rest, want) => {
    expect(daemonSetFacts({ ...daemonSet(spec), ...rest } as Live<DaemonSet>, [])).toMatchObject(want);
  });

  it("knows who controls it and that it is going", () => {
    const ownerReferences = [
      { kind: "Application", name: "stack", controller: true },
      { kind: "Other", name: "x" },
    ];
    const facts = daemonSetFacts(daemonSet({}, { ownerReferences, deletionTimestamp: "2026-01-03T00:00:00Z" }), []);
    expect(facts).toMatchObject({ controller: "Application/stack", deleting: true });
  });

  it.each<[string, object[], object | undefined]>([
    ["by a person", [{ manager: "kubectl-edit" }], { by: "kubectl-edit", at: Date.parse("2026-01-05T00:00:00Z") }],
    [
      "the newest of several",
      [{ manager: "argocd" }, { manager: "kubectl-edit", time: "2026-01-04T00:00:00Z" }],
      { by: "argocd", at: Date.parse("2026-01-05T00:00:00Z") },
    ],
    ["by us", [{ manager: "operarius" }], undefined],
    ["by the controller, of old clusters", [{ manager: "kube-controller-manager" }], undefined],
    ["of a subresource", [{ manager: "kubectl-edit", subresource: "status" }], undefined],
    ["of the metadata only", [{ manager: "kubectl-edit", fieldsV1: { "f:metadata": {} } }], undefined],
    ["without a time", [{ manager: "kubectl-edit", time: undefined }], undefined],
  ])("a change of the spec %s", (_name, entries, want) => {
    const entry = { operation: "Update", time: "2026-01-05T00:00:00Z", fieldsV1: { "f:spec": { "f:template": {} } } };
    const managedFields = entries.map((each) => ({ ...entry, ...each }));
    expect(daemonSetFacts(daemonSet({}, { managedFields }), []).edit).toEqual(want);
  });

  it("does not know what managedFields do not say", () => {
    const facts = daemonSetFacts(daemonSet({}, { managedFields: undefined }), []);
    expect(facts.templateManagers).toEqual([]);
    expect(facts).not.toHaveProperty("specChangedAt");
  });

  it("is gated by a readinessProbe or by minReadySeconds", () => {
    const bare = template();
    delete bare.spec?.containers[0]?.readinessProbe;
    const gated = (spec: object) => daemonSetFacts(daemonSet(spec), []).template.gated;
    expect(gated({ template: bare, minReadySeconds: 0 })).toBe(false);
    expect(gated({ template: bare, minReadySeconds: 1 })).toBe(true);
    expect(gated({ template: template(), minReadySeconds: 0 })).toBe(true);
  });
});

describe("the present revision", () => {
  it("is the one that equals the template, creationTimestamp null or not", () => {
    const { metadata, ...rest } = template();
    const bare = { ...rest, metadata: { labels: metadata?.labels ?? {} } };
    expect(daemonSetFacts(daemonSet(), [revision(7, bare)]).currentHash).toBe("hash7");
  });

  it("is none while the controller has made none", () => {
    expect(daemonSetFacts(daemonSet(), [revision(1, template("app:ok-1"))]).currentHash).toBe("");
  });

  it("is another one after a restart, but the same template", () => {
    const restarted = template(undefined, { "kubectl.kubernetes.io/restartedAt": "2026-01-04T00:00:00Z" });
    const revisions = [revision(1, template()), revision(2, restarted)];
    const before = daemonSetFacts(daemonSet(), revisions);
    const after = daemonSetFacts(daemonSet({ template: restarted }), revisions);
    expect([before.currentHash, after.currentHash]).toEqual(["hash1", "hash2"]);
    expect(after.template.hash).toBe(before.template.hash);
    expect(new Set(revisionFacts(UID, revisions).map(({ templateHash }) => templateHash)).size).toBe(1);
    expect(revisionFacts(UID, revisions)[0]?.templateHash).toBe(before.template.hash);
  });

  it("is the newest of two that are equal, and never another owner's", () => {
    const foreign = revision(9, template(), { ownerReferences: [{ ...owner, uid: "another" }] });
    const twice = [revision(2, template()), revision(5, template()), foreign];
    expect(daemonSetFacts(daemonSet(), twice).currentHash).toBe("hash5");
    expect(revisionFacts(UID, [...twice].reverse()).map(({ number }) => number)).toEqual([2, 5]);
  });

  it("is as old as its number: a template that came back has its old object, renumbered", () => {
    const entry = (at: string, fieldsV1: object) => ({ manager: "kube-controller-manager", time: at, fieldsV1 });
    const managedFields = [
      entry("2026-02-03T00:00:00Z", { "f:data": {}, "f:revision": {} }),
      entry("2026-02-04T00:00:00Z", { "f:metadata": {} }),
    ];
    const [plain, cameBack] = revisionFacts(UID, [
      revision(2, template("app:ok-1")),
      revision(3, template(), { managedFields }),
    ]);
    expect(plain?.createdAt).toBe(Date.parse("2026-01-02T00:00:00Z"));
    expect(cameBack?.createdAt).toBe(Date.parse("2026-02-03T00:00:00Z"));
  });

  it("survives a revision without data", () => {
    const empty = { ...revision(3, template()), data: undefined } as unknown as Live<ControllerRevision>;
    expect(revisionFacts(UID, [empty])[0]).toMatchObject({ number: 3, images: {} });
  });

  it("says which parts of admission changed", () => {
    const other = template();
    if (other.spec) other.spec.serviceAccountName = "nope";
    const more = template();
    const main = more.spec?.containers[0];
    if (main) main.resources = { requests: { cpu: "4" } };
    const [a, b, c] = revisionFacts(UID, [revision(1, template()), revision(2, other), revision(3, more)]);
    expect(b?.admission).toEqual({ ...a?.admission, serviceAccount: "nope" });
    expect(c?.admission.requests).not.toBe(a?.admission.requests);
    expect(c?.admission.security).toBe(a?.admission.security);
  });
});

describe("podFacts", () => {
  it("of a running pod", () => {
    expect(podFacts(pod())).toMatchObject({
      uid: "pod-1",
      resourceVersion: "4711",
      node: "n1",
      bound: true,
      revisionHash: "hash2",
      phase: "Running",
      ready: true,
      readyChangedAt: Date.parse("2026-01-02T00:00:20Z"),
      containers: [
        {
          name: "main",
          restartCount: 2,
          runningSince: Date.parse("2026-01-02T00:00:15Z"),
          lastTerminated: { exitCode: 137, reason: "OOMKilled", finishedAt: Date.parse("2026-01-02T00:00:14Z") },
        },
      ],
    });
    expect(podFacts(pod())).not.toHaveProperty("deletionDeadline");
    expect(podFacts(pod())).not.toHaveProperty("unscheduled");
  });

  it("of a pod that waits for the scheduler: its node is in the controller's affinity", () => {
    const matchFields = [{ key: "metadata.name", operator: "In", values: ["n3"] }];
    const affinity = {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] } },
    };
    const conditions = [
      { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/4 nodes are available" },
    ];
    const facts = podFacts(
      pod({
        spec: { nodeName: undefined, affinity },
        status: { phase: "Pending", conditions, containerStatuses: undefined },
      }),
    );
    expect(facts).toMatchObject({
      node: "n3",
      bound: false,
      ready: false,
      containers: [],
      unscheduled: { reason: "Unschedulable" },
    });
  });

  it("of a pod that is ending, with a finalizer", () => {
    const facts = podFacts(
      pod({ metadata: { deletionTimestamp: "2026-01-02T01:00:00Z", finalizers: ["example.com/hold"] } }),
    );
    expect(facts).toMatchObject({
      deletionDeadline: Date.parse("2026-01-02T01:00:00Z"),
      finalizers: ["example.com/hold"],
    });
  });

  it("of a pod without status, labels or node", () => {
    const facts = podFacts(
      pod({
        metadata: { labels: undefined },
        spec: { nodeName: undefined },
        status: { phase: undefined, conditions: undefined, containerStatuses: undefined },
      }),
    );
    expect(facts).toMatchObject({ phase: "Pending", node: "", bound: false, ready: false, revisionHash: "" });
  });

  it("tells init containers and what a container waits for", () => {
    const waiting = { reason: "CrashLoopBackOff", message: "back-off 10s" };
    const status = {
      name: "prepare",
      image: "busybox:1.36",
      imageID: "",
      ready: false,
      restartCount: 3,
      state: { waiting },
    };
    const facts = podFacts(pod({ status: { initContainerStatuses: [status] } }));
    expect(facts.containers[0]).toMatchObject({ name: "prepare", init: true, waiting });
  });
});

describe("isControlledBy", () => {
  it.each<[string, object[] | undefined, boolean]>([
    ["the controller", [owner], true],
    ["an owner that does not control", [{ ...owner, controller: false }], false],
    ["another DaemonSet of the same name", [{ ...owner, uid: "another" }], false],
    ["nobody, with the right labels", undefined, false],
  ])("%s", (_name, ownerReferences, want) => {
    expect(isControlledBy(pod({ metadata: { ownerReferences } }), UID)).toBe(want);
  });
});

describe("nodeFacts", () => {
  function node(conditions: object[], spec: object = {}): Live<Node> {
    const metadata = {
      name: "n1",
      uid: "n",
      resourceVersion: "1",
      creationTimestamp: "2026-01-01T00:00:00Z",
      labels: { zone: "a" },
    };
    return { metadata, spec, status: { conditions } } as unknown as Live<Node>;
  }

  it.each([
    ["True", [{ type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:01:00Z" }], "True"],
    ["False", [{ type: "Ready", status: "False" }], "False"],
    ["Unknown", [{ type: "Ready", status: "Unknown" }], "Unknown"],
    ["no condition at all", [], "Unknown"],
  ])("Ready %s", (_name, conditions, want) => {
    expect(nodeFacts(node(conditions)).ready).toBe(want);
  });

  it("keeps pressures that hold, taints and labels", () => {
    const conditions = [
      { type: "Ready", status: "True" },
      { type: "DiskPressure", status: "True" },
      { type: "MemoryPressure", status: "False" },
      { type: "NetworkUnavailable", status: "True" },
    ];
    const taints = [{ key: "maint", effect: "NoSchedule" }];
    expect(nodeFacts(node(conditions, { taints }))).toMatchObject({
      pressures: ["DiskPressure"],
      taints,
      labels: { zone: "a" },
    });
  });
});

describe("eventFacts", () => {
  const event = {
    metadata: { creationTimestamp: "2026-01-01T00:00:00Z" },
    involvedObject: { kind: "DaemonSet", name: "agent" },
    reason: "FailedCreate",
    message: "exceeded quota",
  };

  it.each([
    [
      "lastTimestamp",
      { lastTimestamp: "2026-01-01T00:03:00Z", firstTimestamp: "2026-01-01T00:01:00Z" },
      "2026-01-01T00:03:00Z",
    ],
    [
      "events.k8s.io: eventTime, lastTimestamp null",
      { lastTimestamp: null, eventTime: "2026-01-01T00:02:00.000001Z" },
      "2026-01-01T00:02:00.000Z",
    ],
    [
      "nothing but its creation",
      { lastTimestamp: null, firstTimestamp: null, eventTime: null },
      "2026-01-01T00:00:00Z",
    ],
  ])("%s", (_name, times, want) => {
    const facts = eventFacts({ ...event, ...times } as unknown as Live<Event>);
    expect(facts).toEqual({
      reason: "FailedCreate",
      message: "exceeded quota",
      about: "DaemonSet/agent",
      lastAt: Date.parse(want),
    });
  });
});

describe("labelSelector", () => {
  it.each<[object, string]>([
    [{ matchLabels: { app: "agent", tier: "node" } }, "app=agent,tier=node"],
    [
      {
        matchLabels: { app: "agent" },
        matchExpressions: [
          { key: "track", operator: "In", values: ["a", "b"] },
          { key: "canary", operator: "NotIn", values: ["yes"] },
          { key: "old", operator: "DoesNotExist" },
          { key: "new", operator: "Exists" },
        ],
      },
      "app=agent,track in (a,b),canary notin (yes),!old,new",
    ],
  ])("%j", (selector, want) => {
    expect(labelSelector(daemonSet({ selector }))).toBe(want);
  });
});
