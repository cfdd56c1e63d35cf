/** Faults of metadata, for every kind (apimachinery api/validation/objectmeta.go). */
import type { KubeObject, OwnerReference } from "../object.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import type { Cause } from "../status.ts";
import { badValue, forbiddenField } from "../status.ts";
import { annotationsFaults, keyFaults, labelsFaults, nameFaults } from "./names.ts";

function nameRule(resource: ResourceInfo): "subdomain" | "label" | "path" {
  if (resource.group === "rbac.authorization.k8s.io") return "path";
  return resource.kind === "Namespace" || resource.kind === "Service" ? "label" : "subdomain";
}

function finalizerFaults(finalizers: readonly string[] | undefined): Cause[] {
  const standard = ["orphan", "foregroundDeletion", "kubernetes"];
  const words = "name is neither a standard finalizer name nor is it fully qualified";
  return (finalizers ?? []).flatMap((one, index) => {
    const field = `metadata.finalizers[${index}]`;
    if (one.includes("/")) return keyFaults(field, one);
    return standard.includes(one) ? [] : [badValue(field, one, words)];
  });
}

function ownerFaults(owners: readonly OwnerReference[] | undefined): Cause[] {
  const field = "metadata.ownerReferences";
  const faults = (owners ?? []).flatMap(({ apiVersion, kind, name, uid }) => [
    ...(apiVersion ? [] : [badValue(`${field}.apiVersion`, "", "version must not be empty")]),
    ...(kind ? [] : [badValue(`${field}.kind`, "", "must not be empty")]),
    ...(name ? [] : [badValue(`${field}.name`, "", "must not be empty")]),
    ...(uid ? [] : [badValue(`${field}.uid`, "", "must not be empty")]),
  ]);
  const [first, second] = (owners ?? []).filter(({ controller }) => controller === true);
  if (first !== undefined && second !== undefined)
    faults.push({
      ...badValue(field, "", ""),
      message: `Invalid value: ${JSON.stringify(owners)}: Only one reference can have Controller set to true. Found "true" in references for ${first.kind}/${first.name} and ${second.kind}/${second.name}`,
    });
  return faults;
}

function sharedFaults({ metadata }: KubeObject): Cause[] {
  const { labels, annotations, finalizers, ownerReferences } = metadata;
  return [
    ...labelsFaults("metadata.labels", labels),
    ...annotationsFaults("metadata.annotations", annotations),
    ...ownerFaults(ownerReferences),
    ...finalizerFaults(finalizers),
  ];
}

/** Faults of a new object's metadata. */
export function metadataFaults(resource: ResourceInfo, object: KubeObject): Cause[] {
  return [...nameFaults(object.metadata.name, nameRule(resource)), ...sharedFaults(object)];
}

/** Faults of a change of metadata. */
export function metadataUpdateFaults(next: KubeObject, old: KubeObject): Cause[] {
  const faults = sharedFaults(next);
  if (next.metadata.name !== old.metadata.name) {
    faults.push(badValue("metadata.name", next.metadata.name ?? "", "field is immutable"));
  }
  const added = (next.metadata.finalizers ?? []).filter((one) => !(old.metadata.finalizers ?? []).includes(one));
  if (old.metadata.deletionTimestamp !== undefined && added.length > 0) {
    faults.push(
      forbiddenField(
        "metadata.finalizers",
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((one) => JSON.stringify(one)).join(", ")}}`,
      ),
    );
  }
  return faults;
}
