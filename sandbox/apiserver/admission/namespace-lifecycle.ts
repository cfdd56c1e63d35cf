/** Nothing is created in a namespace that does not exist or is going away (plugin NamespaceLifecycle). */

import { keyOf } from "../registry/resource-info.ts";
import { ApiError, forbidden, notFound } from "../status.ts";
import type { Store } from "../storage/store.ts";
import type { Change } from "./admission.ts";

const immortal = new Set(["default", "kube-system", "kube-public"]);

export function checkNamespaceLifecycle(store: Store, change: Change): void {
  const { resource, operation } = change;
  if (resource.kind === "Namespace" && resource.group === "") {
    if (operation === "DELETE" && immortal.has(change.name))
      throw forbidden(resource, change.name, "this namespace may not be deleted");
    return;
  }
  if (!resource.namespaced || operation !== "CREATE") return;
  const namespace = store.get("namespaces", keyOf(undefined, change.namespace));
  if (namespace === undefined) throw notFound({ group: "", plural: "namespaces" }, change.namespace);
  if (namespace.metadata.deletionTimestamp === undefined) return;
  const name = change.object.metadata.name ?? "";
  const why = `unable to create new content in namespace ${change.namespace} because it is being terminated`;
  const error = forbidden(resource, name, why);
  const causes = [
    {
      reason: "NamespaceTerminating",
      message: `namespace ${change.namespace} is being terminated`,
      field: "metadata.namespace",
    },
  ];
  throw new ApiError(403, "Forbidden", error.message, { ...error.status.details, causes });
}
