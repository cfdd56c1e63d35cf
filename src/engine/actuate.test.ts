import type { ControllerRevision, DaemonSet } from "kubernetes-types/apps/v1";
import type { PodTemplateSpec } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { StatusError, TransportError } from "../kube/errors.ts";
import type { Kube, Live, Resource } from "../kube/types.ts";
import { createActuator } from "./actuate.ts";
import { Stalled, TargetMoved } from "./errors.ts";
import { templateHash } from "./pod-template.ts";
import type { Fence, Step } from "./types.ts";

const NOW = Date.UTC(2026, 0, 15, 12, 0, 0, 789);
const fence: Fence = { uid: "u", generation: 4, templateHash: "t" };
const tests = [
  { op: "test", path: "/metadata/uid", value: "u" },
  { op: "test", path: "/metadata/generation", value: 4 },
];
const good = { metadata: { labels: { app: "agent" } }, spec: { containers: [{ name: "main", image: "app:ok-1" }] } };

const deletion: Step = {
  kind: "delete-pod",
  pod: { namespace: "kube-system", name: "agent-n1", uid: "pod-1", resourceVersion: "4711" },
  node: "n1",
  reason: "CrashLoop",
  trouble: "CrashLoop",
  force: false,
  summary: "delete",
};
const restart: Step = { kind: "restart", reason: "StrategyRestart", summary: "restart" };
const rollback: Step = {
  kind: "rollback",
  reason: "ImageNotFound",
  revision: { name: "agent-old", number: 1, templateHash: templateHash(good) },
  restartsAvailable: 0,
  summary: "roll back",
};

const touch: Step = { kind: "touch", reason: "StatusStale", summary: "touch" };

interface Sent {
  verb: string;
  plural: string;
  name: string;
  body?: unknown;
  options: unknown;
}

/** Answers reads from what is given and records every write; `fail` decides what is refused. */
function actuator(
  given: {
    template?: PodTemplateSpec;
    revision?: unknown;
    annotations?: Record<string, string>;
    dryRun?: boolean;
    fail?: (verb: string) => Error | undefined;
  } = {},
) {
  const sent: Sent[] = [];
  const answer = <T>(verb: string, value: unknown): Promise<Live<T>> => {
    const error = given.fail?.(verb);
    return error ? Promise.reject(error) : Promise.resolve(value as Live<T>);
  };
  const daemonSet = {
    metadata: {
      name: "agent",
      uid: "u",
      generation: 4,
      resourceVersion: "815",
      ...(given.annotations && { annotations: given.annotations }),
    },
    spec: { template: given.template ?? good },
  } as unknown as Live<DaemonSet>;
  const revision = {
    metadata: { name: "agent-old" },
    revision: 1,
    data: given.revision ?? { spec: { template: { ...good, $patch: "replace" } } },
  } as unknown as Live<ControllerRevision>;
  const kube: Kube = {
    ...createMemoryKube(),
    get: <T>({ plural }: Resource<T>) => answer<T>(`get ${plural}`, plural === "daemonsets" ? daemonSet : revision),
    patch: <T>({ plural }: Resource<T>, { name }: { name: string }, patch: unknown, options?: unknown) => {
      sent.push({ verb: "patch", plural, name, body: patch, options });
      return answer<T>("patch", { metadata: { ...daemonSet.metadata, generation: 5 } });
    },
    delete: async ({ plural }, { name }, options) => {
      sent.push({ verb: "delete", plural, name, options });
      await answer("delete", {});
    },
  };
  const target = { cluster: "", kind: "DaemonSet", namespace: "kube-system", name: "agent" };
  const created = createActuator({ kube, target, dryRun: given.dryRun ?? false, now: () => NOW });
  return { sent, apply: (step: Step, against: Fence) => created.apply(step, against) };
}

function status(code: number, reason: string): StatusError {
  return new StatusError({ code, reason, message: `${reason} it is` });
}

describe("deleting a pod", () => {
  it("names uid and resourceVersion, gracefully", async () => {
    const { sent, apply } = actuator();
    expect(await apply(deletion, fence)).toBe(4);
    expect(sent).toEqual([
      {
        verb: "delete",
        plural: "pods",
        name: "agent-n1",
        options: { preconditions: { uid: "pod-1", resourceVersion: "4711" }, dryRun: false },
      },
    ]);
  });

  it("skips the grace period only when forced", async () => {
    const { sent, apply } = actuator();
    await apply({ ...deletion, force: true }, fence);
    expect(sent[0]?.options).toEqual({
      preconditions: { uid: "pod-1", resourceVersion: "4711" },
      dryRun: false,
      gracePeriodSeconds: 0,
    });
  });
});

describe("restarting", () => {
  const value = "2026-01-15T12:00:00Z";
  const annotation = "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt";
  it.each<[string, PodTemplateSpec, unknown]>([
    [
      "a template with annotations",
      { ...good, metadata: { annotations: { a: "b" } } },
      { op: "add", path: annotation, value },
    ],
    [
      "one that was restarted before",
      { ...good, metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": "before" } } },
      { op: "add", path: annotation, value },
    ],
    [
      "one without annotations",
      good,
      { op: "add", path: "/spec/template/metadata/annotations", value: { "kubectl.kubernetes.io/restartedAt": value } },
    ],
    [
      "one without metadata",
      { spec: good.spec },
      {
        op: "add",
        path: "/spec/template/metadata",
        value: { annotations: { "kubectl.kubernetes.io/restartedAt": value } },
      },
    ],
  ])("%s: kubectl's annotation, fenced, and nothing else", async (_name, template, operation) => {
    const { sent, apply } = actuator({ template });
    expect(await apply(restart, fence)).toBe(5);
    expect(sent).toEqual([
      {
        verb: "patch",
        plural: "daemonsets",
        name: "agent",
        body: { type: "json", operations: [...tests, operation] },
        options: { dryRun: false, fieldManager: "operarius" },
      },
    ]);
  });
});

describe("rolling back", () => {
  it("replaces the template by the revision's, fenced, without the patch directive", async () => {
    const { sent, apply } = actuator();
    expect(await apply(rollback, fence)).toBe(5);
    expect(sent[0]?.body).toEqual({
      type: "json",
      operations: [...tests, { op: "replace", path: "/spec/template", value: good }],
    });
  });

  it.each<[string, unknown]>([
    [
      "holds another template now",
      { spec: { template: { ...good, spec: { containers: [{ name: "main", image: "app:other" }] } } } },
    ],
    ["is empty", {}],
  ])("a revision that %s: nothing is written", async (_name, revision) => {
    const { sent, apply } = actuator({ revision });
    await expect(apply(rollback, fence)).rejects.toBeInstanceOf(TargetMoved);
    expect(sent).toEqual([]);
  });

  it("one that differs in restartedAt only is the same", async () => {
    const template = {
      ...good,
      metadata: { ...good.metadata, annotations: { "kubectl.kubernetes.io/restartedAt": "x" } },
    };
    const { sent, apply } = actuator({ revision: { spec: { template } } });
    await apply(rollback, fence);
    expect(sent).toHaveLength(1);
  });
});

describe("touching", () => {
  const value = "2026-01-15T12:00:00Z";
  it.each<[string, Record<string, string> | undefined, unknown]>([
    [
      "a target with annotations",
      { a: "b" },
      { op: "add", path: "/metadata/annotations/operarius.openfero.io~1touched-at", value },
    ],
    [
      "one without",
      undefined,
      { op: "add", path: "/metadata/annotations", value: { "operarius.openfero.io/touched-at": value } },
    ],
  ])("%s: its metadata only, fenced on what it was read as, too", async (_name, annotations, operation) => {
    const { sent, apply } = actuator(annotations ? { annotations } : {});
    await apply(touch, fence);
    const version = { op: "test", path: "/metadata/resourceVersion", value: "815" };
    expect(sent).toEqual([
      {
        verb: "patch",
        plural: "daemonsets",
        name: "agent",
        body: { type: "json", operations: [...tests, version, operation] },
        options: { dryRun: false, fieldManager: "operarius" },
      },
    ]);
  });
});

describe("dry run", () => {
  it.each([deletion, restart, rollback, touch])("$kind is sent as one", async (step) => {
    const { sent, apply } = actuator({ dryRun: true });
    await apply(step, fence);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.options).toMatchObject({ dryRun: true });
  });
});

describe("refusals", () => {
  const unreachable = new TransportError("connection reset");
  it.each<[string, Step, string, Error, unknown]>([
    ["the pod is gone", deletion, "delete", status(404, "NotFound"), TargetMoved],
    ["the pod changed", deletion, "delete", status(409, "Conflict"), TargetMoved],
    ["no right to delete", deletion, "delete", status(403, "Forbidden"), Stalled],
    ["a failed test of the fence", restart, "patch", status(422, "Invalid"), TargetMoved],
    ["a conflict", rollback, "patch", status(409, "Conflict"), TargetMoved],
    ["the DaemonSet is gone before the restart", restart, "get daemonsets", status(404, "NotFound"), TargetMoved],
    ["the revision is gone", rollback, "get controllerrevisions", status(404, "NotFound"), TargetMoved],
    ["a touch that comes too late", touch, "patch", status(422, "Invalid"), TargetMoved],
    ["no right to touch", touch, "patch", status(403, "Forbidden"), Stalled],
    ["no right to patch", restart, "patch", status(403, "Forbidden"), Stalled],
    ["the server is ill", restart, "patch", status(500, "InternalError"), StatusError],
    ["no answer", deletion, "delete", unreachable, TransportError],
  ])("%s", async (_name, step, verb, error, want) => {
    const { apply } = actuator({ fail: (each) => (each === verb ? error : undefined) });
    await expect(apply(step, fence)).rejects.toBeInstanceOf(want);
  });

  it("a lost race says what changed", async () => {
    const { apply } = actuator({ fail: (verb) => (verb === "delete" ? status(409, "Conflict") : undefined) });
    await expect(apply(deletion, fence)).rejects.toThrow("Pod kube-system/agent-n1 changed meanwhile: Conflict it is");
  });
});
