/** Rules of Namespaces: kept by the `kubernetes` finalizer in the spec until their content is gone. */
import { asMap, asString, ensureMap } from "../object.ts";
import type { Strategy } from "../registry/resource-info.ts";

export const namespaceStrategy: Strategy = {
  prepareCreate(namespace) {
    ensureMap(namespace, "spec").finalizers = ["kubernetes"];
    namespace.status = { phase: "Active" };
    // The name as a label, so that selectors can name a namespace (since 1.21).
    namespace.metadata.labels = {
      ...namespace.metadata.labels,
      "kubernetes.io/metadata.name": namespace.metadata.name ?? "",
    };
  },
  prepareUpdate(next, old) {
    next.spec = old.spec;
    next.metadata.labels = { ...next.metadata.labels, "kubernetes.io/metadata.name": next.metadata.name ?? "" };
  },
  fields: (namespace) => ({ "status.phase": asString(asMap(namespace.status).phase) }),
};
