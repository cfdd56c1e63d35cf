/** Rules of Nodes, with the taint that the TaintNodesByCondition admission adds to a new one. */
import { asList, asMap, asString, asText, ensureMap, sameJson } from "../object.ts";
import type { Strategy } from "../registry/resource-info.ts";
import { forbiddenField, required } from "../status.ts";

export const notReadyTaint = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" } as const;

export const nodeStrategy: Strategy = {
  defaults: (node) => void ensureMap(node, "spec"),
  prepareCreate(node) {
    const spec = ensureMap(node, "spec");
    const taints = asList(spec.taints);
    const has = taints.some(
      (taint) => asMap(taint).key === notReadyTaint.key && asMap(taint).effect === notReadyTaint.effect,
    );
    if (!has) spec.taints = [...taints, { ...notReadyTaint }];
  },
  validate: (node) =>
    asList(asMap(node.spec).taints).flatMap((taint, index) => [
      ...(asString(asMap(taint).key) === "" ? [required(`spec.taints[${index}].key`)] : []),
      ...(asString(asMap(taint).effect) === "" ? [required(`spec.taints[${index}].effect`)] : []),
    ]),
  validateUpdate(next, old) {
    const after = asMap(next.spec).podCIDR;
    const before = asMap(old.spec).podCIDR;
    return before === undefined || sameJson(after, before)
      ? []
      : [forbiddenField("spec.podCIDR", 'node updates may not change podCIDR except from "" to valid')];
  },
  fields: (node) => ({ "spec.unschedulable": asText(asMap(node.spec).unschedulable ?? false) }),
};
