/** Taints and tolerations, after component-helpers/scheduling/corev1. */
import type { Taint, Toleration } from "kubernetes-types/core/v1";

/** True when this one toleration covers this one taint. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect !== undefined && toleration.effect !== "" && toleration.effect !== taint.effect) return false;
  const key = toleration.key ?? "";
  if (key !== "" && key !== taint.key) return false;
  if (toleration.operator === "Exists") return true;
  // An empty key is only legal together with Exists.
  return key !== "" && (toleration.value ?? "") === (taint.value ?? "");
}

/** The first taint with one of `effects` that no toleration covers. */
export function firstUntolerated(
  taints: readonly Taint[] | undefined,
  tolerations: readonly Toleration[] | undefined,
  effects: readonly string[],
): Taint | undefined {
  return (taints ?? []).find(
    (taint) => effects.includes(taint.effect) && !(tolerations ?? []).some((each) => tolerates(each, taint)),
  );
}

/** Same key and effect: what identifies a taint on a node. */
export function isSameTaint(a: Taint, b: Taint): boolean {
  return a.key === b.key && a.effect === b.effect;
}
