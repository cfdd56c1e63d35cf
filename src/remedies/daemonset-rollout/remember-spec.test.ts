import { describe, expect, it } from "vitest";
import { anObservation, HOUR, NOW, SECOND, settings } from "../../../test/support/daemonset-builders.ts";
import { diagnose } from "./diagnose.ts";
import type { Observation } from "./facts.ts";
import { rememberSpec } from "./remember-spec.ts";

function look(at: number, generation: number, specChangedAt = NOW - HOUR): Observation {
  return { ...anObservation({ daemonSet: { generation, observedGeneration: 2, specChangedAt } }), at };
}

describe("a spec that changed between two looks", () => {
  it("is no older than the first of them, whatever managedFields say, and stays so", () => {
    const remembered = rememberSpec();
    expect(remembered(look(NOW, 2)).daemonSet.specChangedAt).toBe(NOW - HOUR);
    const after = remembered(look(NOW + SECOND, 3));
    expect(after.daemonSet.specChangedAt).toBe(NOW);
    expect(diagnose(after, { settings })).toMatchObject({ kind: "pending" });
    expect(remembered(look(NOW + 2 * SECOND, 3)).daemonSet.specChangedAt).toBe(NOW);
  });

  it("keeps the time that the API server gives where that is later", () => {
    const remembered = rememberSpec();
    remembered(look(NOW, 2));
    expect(remembered(look(NOW + 9 * SECOND, 3, NOW + 8 * SECOND)).daemonSet.specChangedAt).toBe(NOW + 8 * SECOND);
  });
});
