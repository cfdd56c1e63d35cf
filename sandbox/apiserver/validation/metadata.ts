/** Faults of metadata, for every kind (apimachinery api/validation/objectmeta.go). */
import type { KubeObject } from "../object.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import type { Cause } from "../status.ts";
import { badValue, forbiddenField } from "../status.ts";
import { annotationsFaults, labelsFaults, nameFaults } from "./names.ts";

function nameRule(resource: ResourceInfo): "subdomain" | "label" | "path" {
  if (resource.group === "rbac.authorization.k8s.io") return "path";
  return resource.kind === "Namespace" || resource.kind === "Service" ? "label" : "subdomain";
}

/** Faults of a new object's metadata. */
export function metadataFaults(resource: ResourceInfo, object: KubeObject): Cause[] {
  const { name, labels, annotations, finalizers } = object.metadata;
  const bare = (finalizers ?? []).filter(
    (one) => !one.includes("/") && !["orphan", "foregroundDeletion", "kubernetes"].includes(one),
  );
  return [
    ...nameFaults(name, nameRule(resource)),
    ...labelsFaults("metadata.labels", labels),
    ...annotationsFaults("metadata.annotations", annotations),
    ...bare.map((one) =>
      badValue("metadata.finalizers", one, "name is neither a standard finalizer name nor is it fully qualified"),
    ),
  ];
}

/** Faults of a change of metadata. */
export function metadataUpdateFaults(next: KubeObject, old: KubeObject): Cause[] {
  const faults = [
    ...labelsFaults("metadata.labels", next.metadata.labels),
    ...annotationsFaults("metadata.annotations", next.metadata.annotations),
  ];
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
