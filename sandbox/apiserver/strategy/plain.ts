/** Rules of the small kinds. */
import { defaultPodTemplate } from "../defaults/pod-spec.ts";
import type { KubeObject } from "../object.ts";
import { asMap, asText, ensureMap, sameJson, setDefault } from "../object.ts";
import type { Strategy } from "../registry/resource-info.ts";
import type { Cause } from "../status.ts";
import { badValue, forbiddenField } from "../status.ts";
import { immutable } from "./daemon-set.ts";

/** Size limit of the data of one ConfigMap or Secret. */
const dataLimitBytes = 1024 * 1024;

function dataFaults(object: KubeObject): Cause[] {
  const size = [object.data, object.binaryData]
    .flatMap((data) => Object.values(asMap(data)))
    .reduce<number>((sum, value) => sum + Buffer.byteLength(String(value)), 0);
  return size > dataLimitBytes
    ? [{ reason: "FieldValueTooLong", message: `Too long: may not be more than ${dataLimitBytes} bytes`, field: "" }]
    : [];
}

function frozenFaults(next: KubeObject, old: KubeObject): Cause[] {
  if (old.immutable !== true) return [];
  const same = sameJson(next.data, old.data) && next.immutable === true;
  return same ? [] : [forbiddenField("data", "field is immutable when `immutable` is set")];
}

export const configMapStrategy: Strategy = { validate: dataFaults, validateUpdate: frozenFaults };

export const secretStrategy: Strategy = {
  defaults(secret) {
    setDefault(secret, "type", "Opaque");
    const plain = asMap(secret.stringData);
    // stringData is write-only: it ends in data, encoded.
    for (const [key, value] of Object.entries(plain)) {
      ensureMap(secret, "data")[key] = Buffer.from(String(value)).toString("base64");
    }
    delete secret.stringData;
  },
  validate: dataFaults,
  validateUpdate: (next, old) => [
    ...frozenFaults(next, old),
    ...(next.type === old.type ? [] : [immutable("type", next.type)]),
  ],
  fields: (secret) => ({ type: asText(secret.type) }),
};

export const serviceStrategy: Strategy = {
  defaults(service) {
    const spec = ensureMap(service, "spec");
    setDefault(spec, "type", "ClusterIP");
    setDefault(spec, "sessionAffinity", "None");
    // Nothing in the sandbox forwards to a cluster address; the field exists for readers.
    setDefault(spec, "clusterIP", "None");
  },
};

export const leaseStrategy: Strategy = {
  validate(lease) {
    const seconds = asMap(lease.spec).leaseDurationSeconds;
    return typeof seconds === "number" && seconds <= 0
      ? [badValue("spec.leaseDurationSeconds", seconds, "must be greater than 0")]
      : [];
  },
};

export const cronJobStrategy: Strategy = {
  defaults(job) {
    const spec = ensureMap(job, "spec");
    setDefault(spec, "concurrencyPolicy", "Allow");
    setDefault(spec, "suspend", false);
    setDefault(spec, "successfulJobsHistoryLimit", 3);
    setDefault(spec, "failedJobsHistoryLimit", 1);
    defaultPodTemplate(ensureMap(ensureMap(spec, "jobTemplate"), "spec"));
  },
};
