/** Rules of the other apps/v1 kinds: stored and checked, without a controller in the sandbox. */
import { defaultPodTemplate } from "../defaults/pod-spec.ts";
import type { KubeObject } from "../object.ts";
import { asMap, ensureMap, sameJson, setDefault } from "../object.ts";
import type { Strategy } from "../registry/resource-info.ts";
import type { Cause } from "../status.ts";
import { badValue, required } from "../status.ts";
import { immutable, templateFaults } from "./daemon-set.ts";

/** Deployment, ReplicaSet and StatefulSet. */
export function templatedStrategy(kind: "Deployment" | "ReplicaSet" | "StatefulSet"): Strategy {
  return {
    defaults(object: KubeObject) {
      const spec = ensureMap(object, "spec");
      setDefault(spec, "replicas", 1);
      if (kind !== "ReplicaSet") setDefault(spec, "revisionHistoryLimit", 10);
      if (kind === "Deployment") {
        setDefault(spec, "progressDeadlineSeconds", 600);
        const strategy = ensureMap(spec, "strategy");
        setDefault(strategy, "type", "RollingUpdate");
        if (strategy.type === "RollingUpdate") {
          const rolling = ensureMap(strategy, "rollingUpdate");
          setDefault(rolling, "maxUnavailable", "25%");
          setDefault(rolling, "maxSurge", "25%");
        }
      }
      defaultPodTemplate(spec);
    },
    validate: (object: KubeObject): Cause[] => templateFaults(asMap(object.spec), kind),
    validateUpdate(next: KubeObject, old: KubeObject): Cause[] {
      const selector = asMap(next.spec).selector;
      return sameJson(selector, asMap(old.spec).selector) ? [] : [immutable("spec.selector", selector ?? null)];
    },
  };
}

export const controllerRevisionStrategy: Strategy = {
  validate(object) {
    const revision = object.revision;
    if (revision === undefined) return [required("revision")];
    return typeof revision === "number" && revision >= 0
      ? []
      : [badValue("revision", revision, "must be greater than or equal to 0")];
  },
  validateUpdate: (next, old) => (sameJson(next.data, old.data) ? [] : [immutable("data", next.data)]),
};
