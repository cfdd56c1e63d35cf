/** Rules of DaemonSets (pkg/registry/apps/daemonset, pkg/apis/apps/{v1,validation}). */
import { defaultPodTemplate } from "../defaults/pod-spec.ts";
import type { KubeObject } from "../object.ts";
import { asMap, asString, ensureMap, isMap, sameJson, setDefault } from "../object.ts";
import type { Strategy } from "../registry/resource-info.ts";
import type { Cause } from "../status.ts";
import { badValue, forbiddenField, notSupported, required } from "../status.ts";
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
  defaultPodTemplate(spec);
  setDefault(ensureMap(set.metadata as Record<string, unknown>, "annotations"), templateGeneration, "0");
}

const percent = /^\d+%$/;

/** What the fields of a budget come to: the number, or the number before the % sign; 0 for what is neither. */
function countOf(value: unknown): number {
  if (typeof value === "number") return value;
  return percent.test(String(value)) ? Number.parseInt(String(value), 10) : 0;
}

/** Faults of a number of pods or a percentage. */
function countFaults(field: string, value: unknown): Cause[] {
  if (typeof value === "number") return nonNegativeFaults(field, value);
  if (!percent.test(String(value))) {
    return [
      badValue(
        field,
        value,
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      ),
    ];
  }
  return [];
}

function shareFaults(field: string, value: unknown): Cause[] {
  return typeof value === "string" && countOf(value) > 100
    ? [badValue(field, value, "must not be greater than 100%")]
    : [];
}

/** Faults of a number below zero. */
export function nonNegativeFaults(field: string, value: unknown): Cause[] {
  return typeof value === "number" && value < 0 ? [badValue(field, value, "must be greater than or equal to 0")] : [];
}

function strategyFaults(strategy: Record<string, unknown>): Cause[] {
  const field = "spec.updateStrategy";
  const type = asString(strategy.type);
  if (type === "OnDelete") return [];
  const { maxUnavailable, maxSurge } = asMap(strategy.rollingUpdate);
  if (type !== "RollingUpdate") {
    // The real server shows its own struct, whose fields have no names for JSON.
    const RollingUpdate =
      strategy.rollingUpdate === undefined ? null : { MaxUnavailable: maxUnavailable, MaxSurge: maxSurge };
    return [notSupported(field, { Type: type, RollingUpdate }, ["RollingUpdate", "OnDelete"])];
  }
  const [unavailable, surge] = [`${field}.rollingUpdate.maxUnavailable`, `${field}.rollingUpdate.maxSurge`];
  const faults = [
    ...countFaults(unavailable, maxUnavailable),
    ...countFaults(surge, maxSurge),
    ...shareFaults(unavailable, maxUnavailable),
    ...shareFaults(surge, maxSurge),
  ];
  const [mayMiss, mayAdd] = [countOf(maxUnavailable) !== 0, countOf(maxSurge) !== 0];
  if (mayMiss && mayAdd) faults.push(badValue(surge, maxSurge, "may not be set when maxUnavailable is non-zero"));
  if (!mayMiss && !mayAdd) faults.push(required(unavailable, "cannot be 0 when maxSurge is 0"));
  return faults;
}

/** Faults that DaemonSet, Deployment, ReplicaSet and StatefulSet share: selector and template. */
export function templateFaults(spec: Record<string, unknown>, kind: string): Cause[] {
  const template = asMap(spec.template);
  const labels = asMap(template.metadata).labels;
  const faults: Cause[] = [];
  const isDaemonSet = kind === "DaemonSet";
  if (!isMap(spec.selector)) {
    if (!isDaemonSet) faults.push(required("spec.selector"));
  } else faults.push(...selectorFaults("spec.selector", spec.selector));
  if (!isMap(spec.selector) || !selectorMatches(spec.selector, labels)) {
    faults.push(
      badValue("spec.template.metadata.labels", labels ?? null, "`selector` does not match template `labels`"),
    );
  }
  if (isMap(spec.selector) && isEmptySelector(spec.selector))
    faults.push(badValue("spec.selector", spec.selector, `empty selector is invalid for ${kind.toLowerCase()}`));
  return [...faults, ...podSpecFaults("spec.template.spec", template.spec)];
}

function validate(set: KubeObject): Cause[] {
  const spec = asMap(set.spec);
  const faults = templateFaults(spec, "DaemonSet");
  const { restartPolicy, activeDeadlineSeconds } = asMap(asMap(spec.template).spec);
  const field = "spec.template.spec";
  if (restartPolicy !== undefined && restartPolicy !== "Always")
    faults.push(notSupported(`${field}.restartPolicy`, restartPolicy, ["Always"]));
  if (activeDeadlineSeconds !== undefined)
    faults.push(
      forbiddenField(`${field}.activeDeadlineSeconds`, "activeDeadlineSeconds in DaemonSet is not Supported"),
    );
  return [
    ...faults,
    ...nonNegativeFaults("spec.minReadySeconds", spec.minReadySeconds),
    ...strategyFaults(asMap(spec.updateStrategy)),
    ...nonNegativeFaults("spec.revisionHistoryLimit", spec.revisionHistoryLimit),
  ];
}

/** The cause of a change to a field that cannot change. */
export function immutable(field: string, value: unknown): Cause {
  return badValue(field, value, "field is immutable");
}

export const daemonSetStrategy: Strategy = {
  defaults,
  prepareCreate(set) {
    set.status = {};
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
    return sameJson(selector, asMap(old.spec).selector) ? [] : [immutable("spec.selector", selector ?? null)];
  },
};
