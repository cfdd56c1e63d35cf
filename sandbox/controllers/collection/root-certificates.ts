/** The cluster's root certificate as the ConfigMap kube-root-ca.crt in every namespace (controller/certificates/rootcacertpublisher). */
import { isAlreadyExists, isForbidden, isNotFound } from "../../../src/kube/errors.ts";
import { configMaps } from "../../../src/kube/resources.ts";
import { startLoop } from "../../machinery/loop.ts";
import type { ControllerContext, Running } from "../context.ts";

/** Its name, by which the informer watches it alone. */
export const rootCertificateName = "kube-root-ca.crt";

const description =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

/** Starts it; the informers must have synced. */
export function startRootCertificates(context: ControllerContext): Running {
  const { kube, informers, log, caPem } = context;
  const data = { "ca.crt": caPem };

  async function publish(namespace: string): Promise<void> {
    const present = informers.rootCertificates.get(namespace, rootCertificateName);
    if (present?.data?.["ca.crt"] === caPem) return;
    if (present !== undefined) {
      await kube.replace(configMaps, { ...present, data });
      return;
    }
    const annotations = { "kubernetes.io/description": description };
    const metadata = { name: rootCertificateName, namespace, annotations };
    await kube.create(configMaps, { apiVersion: "v1", kind: "ConfigMap", metadata, data });
  }

  const loop = startLoop({
    name: "root-ca-cert-publisher",
    log,
    reconcile: async (name) => {
      const namespace = informers.namespaces.get(undefined, name);
      if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return undefined;
      try {
        await publish(name);
      } catch (error) {
        // Forbidden is how a namespace answers that began to go meanwhile.
        if (!isAlreadyExists(error) && !isNotFound(error) && !isForbidden(error)) throw error;
      }
      return undefined;
    },
  });
  informers.namespaces.subscribe((each) => loop.add(each.metadata.name));
  informers.rootCertificates.subscribe((each) => loop.add(each.metadata.namespace ?? ""));
  for (const each of informers.namespaces.items()) loop.add(each.metadata.name);
  return loop;
}
