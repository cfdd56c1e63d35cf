/** Rules of Jobs (pkg/registry/batch/job, pkg/apis/batch/{v1,validation}). */
import { defaultPodTemplate } from "../defaults/pod-spec.ts";
import type { KubeObject } from "../object.ts";
import { asMap, asString, asText, clone, ensureMap, sameJson, setDefault } from "../object.ts";
import type { Strategy } from "../registry/resource-info.ts";
import type { Cause } from "../status.ts";
import { badValue, notSupported, required } from "../status.ts";
import { selectorMatches } from "../validation/labels.ts";
import { podSpecFaults } from "../validation/pod-spec.ts";
import { immutable } from "./daemon-set.ts";

function defaults(job: KubeObject): void {
  const spec = ensureMap(job, "spec");
  // Without either the Job runs one pod; with only parallelism it is a work queue and completions stays open.
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  setDefault(spec, "parallelism", 1);
  setDefault(spec, "backoffLimit", 6);
  setDefault(spec, "completionMode", "NonIndexed");
  setDefault(spec, "suspend", false);
  setDefault(spec, "manualSelector", false);
  setDefault(spec, "podReplacementPolicy", spec.podFailurePolicy === undefined ? "TerminatingOrFailed" : "Failed");
  defaultPodTemplate(spec);
}

/** Selector and labels that tie pods to this very Job; both the old and the new label names, as since 1.27. */
function identify(job: KubeObject): void {
  const spec = ensureMap(job, "spec");
  if (spec.manualSelector === true) return;
  const uid = job.metadata.uid ?? "";
  const name = job.metadata.name ?? "";
  const given = asMap(asMap(spec.selector).matchLabels);
  const labels = ensureMap(ensureMap(ensureMap(spec, "template"), "metadata"), "labels");
  Object.assign(labels, {
    "batch.kubernetes.io/controller-uid": uid,
    "batch.kubernetes.io/job-name": name,
    "controller-uid": uid,
    "job-name": name,
  });
  spec.selector = { ...asMap(spec.selector), matchLabels: { ...given, [controllerUid]: uid } };
}

const controllerUid = "batch.kubernetes.io/controller-uid";
const choices: Readonly<Record<string, readonly string[]>> = {
  completionMode: ["NonIndexed", "Indexed"],
  podReplacementPolicy: ["Failed", "TerminatingOrFailed"],
};

/** Always is what a template without one says: a Job must say another. */
function restartFaults(policy: string): Cause[] {
  const field = "spec.template.spec.restartPolicy";
  if (policy === "Always") return [required(field, 'valid values: "OnFailure", "Never"')];
  return ["OnFailure", "Never"].includes(policy) ? [] : [notSupported(field, policy, ["OnFailure", "Never"])];
}

function validate(job: KubeObject): Cause[] {
  const spec = asMap(job.spec);
  const template = asMap(spec.template);
  const faults = podSpecFaults("spec.template.spec", template.spec);
  for (const field of [
    "parallelism",
    "completions",
    "backoffLimit",
    "activeDeadlineSeconds",
    "ttlSecondsAfterFinished",
  ]) {
    const value = spec[field];
    if (typeof value === "number" && value < 0)
      faults.push(badValue(`spec.${field}`, value, "must be greater than or equal to 0"));
  }
  for (const [field, supported] of Object.entries(choices)) {
    const value = spec[field];
    if (value !== undefined && !supported.includes(asString(value)))
      faults.push(notSupported(`spec.${field}`, value, supported));
  }
  faults.push(...restartFaults(asString(asMap(template.spec).restartPolicy)));
  const matched = Object.keys(asMap(asMap(spec.selector).matchLabels));
  if (spec.manualSelector !== true && matched.some((name) => name !== controllerUid))
    faults.push(badValue("spec.selector", spec.selector, "`selector` not auto-generated"));
  const labels = asMap(template.metadata).labels;
  if (!selectorMatches(spec.selector, labels)) {
    faults.push(badValue("spec.template.metadata.labels", labels ?? {}, "`selector` does not match template `labels`"));
  }
  return faults;
}

/** The template may change only while the Job is suspended and has never started, and then only in its scheduling. */
function templateMayChange(next: KubeObject, old: KubeObject): boolean {
  return (
    asMap(old.spec).suspend === true &&
    asMap(old.status).startTime === undefined &&
    asMap(next.spec).suspend !== undefined
  );
}

function withScheduling(template: unknown, from: unknown): unknown {
  const copy = clone(asMap(template));
  const spec = asMap(copy.spec);
  const source = asMap(asMap(from).spec);
  for (const field of ["nodeSelector", "affinity", "tolerations", "schedulingGates"]) {
    if (source[field] === undefined) delete spec[field];
    else spec[field] = clone(source[field]);
  }
  const metadata = asMap(asMap(from).metadata);
  for (const field of ["labels", "annotations"]) {
    if (metadata[field] === undefined) delete asMap(copy.metadata)[field];
    else asMap(copy.metadata)[field] = clone(metadata[field]);
  }
  return copy;
}

export const jobStrategy: Strategy = {
  defaults,
  prepareCreate(job) {
    job.status = {};
    identify(job);
    // A Job without labels of its own takes those of its pods.
    if (Object.keys(job.metadata.labels ?? {}).length === 0)
      job.metadata.labels = clone(asMap(asMap(asMap(job.spec).template).metadata).labels) as Record<string, string>;
  },
  validate,
  validateUpdate(next, old) {
    const after = asMap(next.spec);
    const before = asMap(old.spec);
    const template = templateMayChange(next, old) ? withScheduling(after.template, before.template) : after.template;
    const faults = sameJson(template, before.template) ? [] : [immutable("spec.template", after.template)];
    for (const field of ["selector", "completionMode", "completions"]) {
      if (!sameJson(after[field], before[field])) faults.push(immutable(`spec.${field}`, after[field] ?? null));
    }
    return faults;
  },
  fields(job) {
    const succeeded = asMap(job.status).succeeded;
    return { "status.successful": asText(succeeded ?? 0) };
  },
};
