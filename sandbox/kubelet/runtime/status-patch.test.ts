import type { PodStatus } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { statusPatch } from "./status-patch.ts";

const at = "2030-01-01T00:00:09Z";
const before = "2030-01-01T00:00:00Z";
const ready = (status: string, message?: string): PodStatus => ({
  phase: "Running",
  conditions: [{ type: "Ready", status, lastTransitionTime: before, ...(message !== undefined && { message }) }],
});
const patch = (have: PodStatus | undefined, want: PodStatus) => statusPatch({ uid: "u", have, want, at });

describe("what a kubelet writes", () => {
  it("is nothing when nothing changed", () => {
    expect(patch(ready("True"), ready("True"))).toBeUndefined();
  });

  it("is fenced by the uid", () => {
    expect(patch(undefined, ready("True"))).toMatchObject({ metadata: { uid: "u" } });
  });

  it("moves the transition time with the status only", () => {
    const time = (have: PodStatus, want: PodStatus) =>
      (patch(have, want) as { status: PodStatus }).status.conditions?.[0]?.lastTransitionTime;
    expect(time(ready("False"), ready("True"))).toBe(at);
    expect(time(ready("False", "a"), ready("False", "b"))).toBe(before);
  });

  it("takes away what is no longer said", () => {
    expect(patch({ phase: "Failed", reason: "Evicted" }, { phase: "Failed" })).toMatchObject({
      status: { reason: null },
    });
  });

  it("does not mention the conditions of others", () => {
    const have = {
      ...ready("True"),
      conditions: [...(ready("True").conditions ?? []), { type: "Other", status: "True" }],
    };
    expect(patch(have, ready("True"))).toBeUndefined();
  });
});
