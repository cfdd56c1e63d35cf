/** PUT /api/v1/namespaces/NAME/finalize: the only way to take the `kubernetes` finalizer off a namespace. */
import type { Namespace } from "kubernetes-types/core/v1";
import { namespaces } from "../../../src/kube/resources.ts";
import type { Kube, Live, Resource } from "../../../src/kube/types.ts";

/**
 * Lets an emptied namespace go. Rejects with 409 when it changed since it was read.
 *
 * The port knows PUT for objects and their status only and builds the path from the object's name. So the path is spelled
 * as an object named "finalize" below the namespace, while the body keeps the namespace's own metadata.
 */
export async function finalizeNamespace(kube: Kube, namespace: Live<Namespace>): Promise<void> {
  const { metadata } = namespace;
  const below: Resource<Namespace> = {
    ...namespaces,
    plural: `${namespaces.plural}/${encodeURIComponent(metadata.name)}`,
  };
  const addressed = { ...metadata, name: "finalize", toJSON: () => metadata };
  await kube.replace(below, { ...namespace, metadata: addressed, spec: { ...namespace.spec, finalizers: [] } });
}
