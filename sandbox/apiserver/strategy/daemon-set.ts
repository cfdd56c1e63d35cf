/** Rules of DaemonSets (pkg/registry/apps/daemonset, pkg/apis/apps/{v1,validation}). */
import { defaultPodTemplate } from "../defaults/pod-spec.ts";
import type { KubeObject } from "../object.ts";
import { asMap, asString, ensureMap, sameJson, setDefault } from "../object.ts";
import type { Strategy } from "../registry/resource-info.ts";
import type { Cause } from "../status.ts";
import { badValue, notSupported, required } from "../status.ts";
import { isEmptySelector, selectorFaults, selectorMatches } from "../validation/labels.ts";
import { podSpecFaults } from "../validation/pod-spec.ts";

const templateGeneration = "deprecated.daemonset.template.generation";

function defaults(set: KubeObject): void {
  const spec = ensureMap(set, "spec");
  const strategy = ensureMap(spec, "updateStrategy");
  setDefault(strategy, "type", "RollingUpdate");
  if (strategy.type === "RollingUpdate") {
    const rolling = ensureMap(strategy, "rollingUpdate");
    setDefault(rolling, "maxUnavailable", 1);
    setDefault(rolling, "maxSurge", 0);
  }
  setDefault(spec, "revisionHistoryLimit", 10);
  defaultPodTemplate(spec.template);
}

function isZero(value: unknown): boolean {
  return value === 0 || value === "0" || value === "0%" || value === undefined;
}

/** Faults of a number of pods or a percentage. */
function countFaults(field: string, value: unknown): Cause[] {
  if (typeof value === "number") {
    return Number.isInteger(value) && value >= 0 ? [] : [badValue(field, value, "must be greater than or equal to 0")];
  }
  if (!/^\d+%$/.test(String(value))) {
    return [
      badValue(
        field,
        value,
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%', or '93%', regex used for validation is '[0-9]+%')",
      ),
    ];
  }
  return Number.parseInt(String(value), 10) > 100 ? [badValue(field, value, "must not be greater than 100%")] : [];
}

function strategyFaults(strategy: Record<string, unknown>): Cause[] {
  const field = "spec.updateStrategy";
  const type = asString(strategy.type);
  if (type === "OnDelete") return [];
  if (type !== "RollingUpdate") return [notSupported(`${field}.type`, type, ["OnDelete", "RollingUpdate"])];
  const { maxUnavailable, maxSurge } = asMap(strategy.rollingUpdate);
  const faults = [
    ...countFaults(`${field}.rollingUpdate.maxUnavailable`, maxUnavailable),
    ...countFaults(`${field}.rollingUpdate.maxSurge`, maxSurge),
  ];
  if (faults.length > 0) return faults;
  if (isZero(maxUnavailable) && isZero(maxSurge)) {
    return [badValue(`${field}.rollingUpdate.maxUnavailable`, maxUnavailable, "cannot be 0 when maxSurge is 0")];
  }
  if (!isZero(maxUnavailable) && !isZero(maxSurge)) {
    return [badValue(`${field}.rollingUpdate.maxSurge`, maxSurge, "may not be set when maxUnavailable is non-zero")];
  }
  return [];
}

/** Faults that DaemonSet, Deployment, ReplicaSet and StatefulSet share: selector and template. */
export function templateFaults(spec: Record<string, unknown>): Cause[] {
  const template = asMap(spec.template);
  const labels = asMap(template.metadata).labels;
  const faults: Cause[] = [];
  if (spec.selector === undefined) faults.push(required("spec.selector"));
  else if (isEmptySelector(spec.selector))
    faults.push(badValue("spec.selector", spec.selector, "empty selector is invalid for daemonset"));
  else faults.push(...selectorFaults("spec.selector", spec.selector));
  if (!selectorMatches(spec.selector, labels)) {
    faults.push(badValue("spec.template.metadata.labels", labels ?? {}, "`selector` does not match template `labels`"));
  }
  return [...faults, ...podSpecFaults("spec.template.spec", template.spec)];
}

function validate(set: KubeObject): Cause[] {
  const spec = asMap(set.spec);
  const faults = templateFaults(spec);
  const restart = asMap(asMap(spec.template).spec).restartPolicy;
  if (restart === "OnFailure" || restart === "Never") {
    faults.push(notSupported("spec.template.spec.restartPolicy", restart, ["Always"]));
  }
  return [...faults, ...strategyFaults(asMap(spec.updateStrategy))];
}

/** The cause of a change to a field that cannot change. */
export function immutable(field: string, value: unknown): Cause {
  return badValue(field, value, "field is immutable");
}

export const daemonSetStrategy: Strategy = {
  defaults,
  prepareCreate(set) {
    set.status = { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 };
    set.metadata.annotations = { ...set.metadata.annotations, [templateGeneration]: "1" };
  },
  prepareUpdate(next, old) {
    // The deprecated counter follows the template only, and nobody else may set it.
    const before = old.metadata.annotations?.[templateGeneration] ?? "1";
    const same = sameJson(asMap(next.spec).template, asMap(old.spec).template);
    const value = same ? before : String(Number.parseInt(before, 10) + 1);
    next.metadata.annotations = { ...next.metadata.annotations, [templateGeneration]: value };
  },
  validate,
  validateUpdate(next, old) {
    const selector = asMap(next.spec).selector;
    return sameJson(selector, asMap(old.spec).selector) ? [] : [immutable("spec.selector", selector)];
  },
};
