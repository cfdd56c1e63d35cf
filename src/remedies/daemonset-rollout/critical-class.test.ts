import { describe, expect, it } from "vitest";
import {
  anIntent,
  anObservation,
  aPlanContext,
  aPod,
  aStructure,
  aTemplate,
  crashingPod,
  degradedPod,
  failedPod,
  fleet,
  MINUTE,
  NOW,
  SECOND,
  settings,
} from "../../../test/support/daemonset-builders.ts";
import type { PlanContext } from "../../engine/types.ts";
import type { Deletions } from "./deletions.ts";
import { deletionsFor } from "./deletions.ts";
import { assess } from "./diagnose.ts";
import type { PodFacts } from "./facts.ts";
import { plan } from "./plan.ts";

const mounting = (path: string, writable = true) =>
  aTemplate({ structure: aStructure({ hostPaths: [{ path, writable, bidirectional: false }] }) });
const templates = {
  none: aTemplate(),
  path: mounting("/opt/cni/bin"),
  driver: mounting("/var/lib/kubelet/plugins"),
  buffer: mounting("/var/log", false),
};
type Class = keyof typeof templates;

function observed(kind: Class, count: number, special: readonly PodFacts[]) {
  return anObservation({
    daemonSet: { template: templates[kind], maxUnavailable: "50%" },
    pods: fleet(count, special),
  });
}

function deletions(observation: ReturnType<typeof observed>, context: Partial<PlanContext> = {}): Deletions {
  const assessment = assess(observation, settings);
  const group = assessment.groups[0];
  if (!group) throw new Error(`no group: ${assessment.diagnosis.message}`);
  return deletionsFor(group, assessment, aPlanContext(context));
}

const width = (result: Deletions): number => (result.kind === "delete" ? result.steps.length : 0);

/** Forty nodes, n1 was the canary half an hour ago and is well; the pods of n2 to n11 have failed. */
function afterCanary(kind: Class) {
  const healed = aPod("n1", {
    uid: "fresh-n1",
    createdAt: NOW - 30 * MINUTE + SECOND,
    readyChangedAt: NOW - 30 * MINUTE + 3 * SECOND,
  });
  const failed = Array.from({ length: 10 }, (_, index) =>
    failedPod(`n${index + 2}`, { createdAt: NOW - 40 * MINUTE, readyChangedAt: NOW - 40 * MINUTE }),
  );
  return observed(kind, 40, [healed, ...failed]);
}
const canary = anIntent({ node: "n1", trouble: "Failed", at: NOW - 30 * MINUTE });

describe("a wave", () => {
  it.each<[Class, number]>([
    ["none", 4],
    ["path", 1],
    ["driver", 1],
    ["buffer", 1],
  ])("of class %s is %d wide", (kind, want) => {
    expect(width(deletions(afterCanary(kind), { intents: [canary] }))).toBe(want);
  });

  it.each([
    [20, 4],
    [2, 2],
    // One stays, so that the guard says why there is no more.
    [0, 1],
  ])("with %d deletions left is %d wide", (deletionsLeft, want) => {
    expect(width(deletions(afterCanary("none"), { intents: [canary], deletionsLeft }))).toBe(want);
  });
});

describe("a mass failure", () => {
  it.each<[Class, string]>([
    ["none", "delete"],
    ["path", "delete"],
    ["driver", "CriticalClass"],
    ["buffer", "CriticalClass"],
  ])("of class %s: %s", (kind, want) => {
    const result = deletions(
      observed(
        kind,
        4,
        ["n1", "n2", "n3", "n4"].map((node) => degradedPod(node)),
      ),
    );
    expect(result.kind === "none" ? result.reason : result.kind).toBe(want);
    if (result.kind === "none") expect(result.message).toContain(`class ${kind}`);
  });

  it("of a buffer ends as a decline with the class under step 3", () => {
    const observation = observed(
      "buffer",
      4,
      ["n1", "n2", "n3", "n4"].map((node) => degradedPod(node)),
    );
    const { diagnosis } = assess(observation, settings);
    expect(plan(observation, diagnosis, aPlanContext())).toMatchObject({
      kind: "decline",
      notes: { delete: expect.stringContaining("not done: no canary is deleted of class buffer") },
    });
  });

  it("one pod on one node is not one: its class is the guard's matter", () => {
    expect(deletions(observed("driver", 4, [crashingPod("n2")])).kind).toBe("delete");
  });
});
