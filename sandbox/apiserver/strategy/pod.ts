/** Rules of pods (pkg/registry/core/pod/strategy.go). */
import { defaultPodSpec } from "../defaults/pod-spec.ts";
import type { KubeObject } from "../object.ts";
import { asList, asMap, asString, asText, clone, ensureMap, sameJson, setDefault } from "../object.ts";
import type { Strategy } from "../registry/resource-info.ts";
import type { Cause } from "../status.ts";
import { forbiddenField } from "../status.ts";
import { podSpecFaults } from "../validation/pod-spec.ts";

type Fields = Record<string, unknown>;

/** Guaranteed, Burstable or BestEffort by requests and limits of cpu and memory. */
export function qosClass(spec: Fields): string {
  const containers = [...asList(spec.containers), ...asList(spec.initContainers)].map((one) =>
    asMap(asMap(one).resources),
  );
  const compute = (list: unknown) =>
    Object.entries(asMap(list)).filter(([name]) => name === "cpu" || name === "memory");
  if (containers.every((one) => compute(one.limits).length === 0 && compute(one.requests).length === 0))
    return "BestEffort";
  const guaranteed = containers.every((one) => {
    const limits = compute(one.limits);
    return limits.length === 2 && limits.every(([name, value]) => sameJson(asMap(one.requests)[name] ?? value, value));
  });
  return guaranteed ? "Guaranteed" : "Burstable";
}

/** `next` with everything that may change set back, so that only forbidden changes are left to compare. */
function withoutMutable(next: Fields, old: Fields): Fields {
  const copy = clone(next);
  for (const list of ["containers", "initContainers"]) {
    asList(copy[list]).forEach((container, index) => {
      const before = asMap(asList(old[list])[index]);
      if (before.image !== undefined) asMap(container).image = before.image;
    });
  }
  for (const field of ["activeDeadlineSeconds", "tolerations", "nodeName", "schedulingGates"]) {
    if (old[field] === undefined) delete copy[field];
    else copy[field] = clone(old[field]);
  }
  if (copy.terminationGracePeriodSeconds === 1) copy.terminationGracePeriodSeconds = old.terminationGracePeriodSeconds;
  return copy;
}

const immutableWords =
  "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

function updateFaults(next: KubeObject, old: KubeObject): Cause[] {
  const nextSpec = asMap(next.spec);
  const oldSpec = asMap(old.spec);
  const faults: Cause[] = [];
  const tolerations = asList(nextSpec.tolerations);
  const removed = asList(oldSpec.tolerations).some((one) => !tolerations.some((other) => sameJson(one, other)));
  if (removed)
    faults.push(
      forbiddenField("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds"),
    );
  // Only the binding subresource sets a node, and nothing changes it.
  const moved = asString(oldSpec.nodeName) !== asString(nextSpec.nodeName);
  if (moved || !sameJson(withoutMutable(nextSpec, oldSpec), oldSpec))
    faults.push(forbiddenField("spec", immutableWords));
  return faults;
}

export const podStrategy: Strategy = {
  defaults(pod) {
    const spec = ensureMap(pod, "spec");
    defaultPodSpec(spec);
    setDefault(spec, "enableServiceLinks", true);
  },
  prepareCreate(pod) {
    pod.status = { phase: "Pending", qosClass: qosClass(asMap(pod.spec)) };
  },
  validate: (pod) => podSpecFaults("spec", pod.spec),
  validateUpdate: updateFaults,
  fields(pod) {
    const spec = asMap(pod.spec);
    const status = asMap(pod.status);
    return {
      "spec.nodeName": asString(spec.nodeName),
      "spec.restartPolicy": asString(spec.restartPolicy),
      "spec.schedulerName": asString(spec.schedulerName),
      "spec.serviceAccountName": asString(spec.serviceAccountName),
      "spec.hostNetwork": asText(spec.hostNetwork ?? false),
      "status.phase": asString(status.phase),
      "status.podIP": asString(status.podIP),
      "status.nominatedNodeName": asString(status.nominatedNodeName),
    };
  },
};
