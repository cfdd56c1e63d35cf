import type { PodSpec } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { avoidingNodes } from "./placement.ts";

const plain: PodSpec = { containers: [] };
const not = (node: string) => ({ key: "metadata.name", operator: "NotIn", values: [node] });
const terms = (spec: PodSpec) =>
  spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;

describe("avoidingNodes", () => {
  it("leaves a pod alone that has nothing to avoid", () => expect(avoidingNodes(plain, [])).toBe(plain));

  it("rules each node out by name", () =>
    expect(terms(avoidingNodes(plain, ["n1", "n2"]))).toEqual([{ matchFields: [not("n1"), not("n2")] }]));

  it("adds the exclusion to every alternative and keeps the rest of the affinity", () => {
    const zone = (value: string) => ({ matchExpressions: [{ key: "zone", operator: "In", values: [value] }] });
    const spec: PodSpec = {
      containers: [],
      affinity: {
        podAntiAffinity: {},
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [zone("a"), zone("b")] },
        },
      },
    };
    const moved = avoidingNodes(spec, ["n1"]);
    expect(terms(moved)).toEqual([
      { ...zone("a"), matchFields: [not("n1")] },
      { ...zone("b"), matchFields: [not("n1")] },
    ]);
    expect(moved.affinity?.podAntiAffinity).toEqual({});
  });
});
