/** What the projection makes of pods that leave out all that may be left out, and of what they say in part. */
import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import type { Live } from "../../kube/types.ts";
import { isControlledBy, podFacts } from "./project-pod.ts";

const at = (day: number): string => `2026-01-0${day}T00:00:00Z`;
const ms = (day: number): number => Date.parse(at(day));
const bare = { name: "x", uid: "u", resourceVersion: "7" };

function pod(rest: object = {}): Live<Pod> {
  return { metadata: bare, ...rest } as unknown as Live<Pod>;
}

describe("a pod", () => {
  it("that says nothing", () => {
    expect(podFacts(pod())).toEqual({
      name: "x",
      namespace: "",
      uid: "u",
      resourceVersion: "7",
      node: "",
      bound: false,
      revisionHash: "",
      createdAt: 0,
      phase: "Pending",
      reason: "",
      message: "",
      ready: false,
      readyReason: "",
      finalizers: [],
      containers: [],
      specs: {},
    });
    expect(podFacts(pod({ status: {}, spec: { containers: [] } }))).toEqual(podFacts(pod()));
  });

  it("with containers that say nothing, and one that says everything", () => {
    const ended = {
      exitCode: 1,
      reason: "Error",
      message: "a program's own words",
      startedAt: at(1),
      finishedAt: at(2),
    };
    const refused = { exitCode: 128, reason: "StartError", message: "exec: no such file" };
    const status = {
      initContainerStatuses: [{ name: "prepare" }],
      containerStatuses: [
        { name: "a", state: { waiting: {} } },
        {
          name: "b",
          image: "app:1",
          imageID: "sha256:1",
          ready: true,
          restartCount: 3,
          state: { running: { startedAt: at(3) } },
          lastState: { terminated: ended },
        },
        { name: "c", state: { terminated: refused }, lastState: { terminated: { exitCode: 0 } } },
        { name: "d", state: { terminated: { ...refused, reason: "ContainerCannotRun" } }, lastState: {} },
      ],
    };
    const silent = { init: false, image: "", imageId: "", ready: false, restartCount: 0 };
    const { message: _own, ...told } = ended;
    expect(podFacts(pod({ status })).containers).toEqual([
      { ...silent, name: "prepare", init: true },
      { ...silent, name: "a", waiting: { reason: "", message: "" } },
      {
        name: "b",
        init: false,
        image: "app:1",
        imageId: "sha256:1",
        ready: true,
        restartCount: 3,
        runningSince: ms(3),
        lastTerminated: { ...told, startedAt: ms(1), finishedAt: ms(2) },
      },
      { ...silent, name: "c", terminated: refused, lastTerminated: { exitCode: 0, reason: "" } },
      { ...silent, name: "d", terminated: { ...refused, reason: "ContainerCannotRun" } },
    ]);
  });

  it("with conditions that say little", () => {
    const conditions = [
      { type: "PodScheduled", status: "False" },
      { type: "Ready", status: "False", reason: "ContainersNotReady", lastTransitionTime: at(4) },
      { type: "Other", status: "True" },
    ];
    const facts = podFacts(pod({ status: { conditions, reason: "Evicted", message: "low on memory" } }));
    expect(facts).toMatchObject({
      ready: false,
      readyReason: "ContainersNotReady",
      readyChangedAt: ms(4),
      unscheduled: { reason: "", message: "" },
      reason: "Evicted",
      message: "low on memory",
    });
    const scheduled = [{ type: "PodScheduled", status: "True", reason: "x" }];
    expect(podFacts(pod({ status: { conditions: scheduled } }))).not.toHaveProperty("unscheduled");
  });

  const term = (key: string, operator: string, values?: string[]) => ({
    matchFields: [
      { key: "other", operator: "In", values: ["wrong"] },
      { key, operator, ...(values && { values }) },
    ],
  });
  it.each<[string, object | undefined, string]>([
    ["no affinity", undefined, ""],
    ["no node affinity", {}, ""],
    ["none that is required", { nodeAffinity: {} }, ""],
    ["by name", [term("metadata.name", "In", ["n3"])], "n3"],
    ["by name, in the second term", [{}, term("metadata.name", "In", ["n3"])], "n3"],
    ["another field", [term("metadata.uid", "In", ["n3"])], ""],
    ["not that name", [term("metadata.name", "NotIn", ["n3"])], ""],
    ["no name, then one", [term("metadata.name", "In"), term("metadata.name", "In", ["n4"])], "n4"],
    ["an empty list", [term("metadata.name", "In", [])], ""],
  ])("without a node is meant for: %s", (_name, terms, want) => {
    const affinity = Array.isArray(terms)
      ? { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } }
      : terms;
    expect(podFacts(pod({ spec: { containers: [], affinity } })).node).toBe(want);
  });

  it("tells its messages without its own values, init containers' included", () => {
    const env = [{ name: "A", value: "Hunter2Very" }];
    const status = { message: "Hunter2Very was refused", containerStatuses: [] };
    for (const spec of [
      { initContainers: [{ name: "i", env }], containers: [] },
      { containers: [{ name: "c", env }] },
    ]) {
      expect(podFacts(pod({ spec, status })).message).toBe("[value] was refused");
      expect(Object.keys(podFacts(pod({ spec, status })).specs)).toEqual([spec.initContainers ? "i" : "c"]);
    }
  });

  it("is nobody's without owners, and its controller's by uid among several", () => {
    expect(isControlledBy(pod(), "u")).toBe(false);
    const ownerReferences = [
      { uid: "v", controller: true },
      { uid: "u", controller: true },
    ];
    expect(isControlledBy(pod({ metadata: { ...bare, ownerReferences } }), "u")).toBe(true);
  });
});
