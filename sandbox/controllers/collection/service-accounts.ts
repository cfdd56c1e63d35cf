/** A ServiceAccount `default` in every namespace. */
import { isAlreadyExists, isForbidden, isNotFound } from "../../../src/kube/errors.ts";
import { serviceAccounts } from "../../../src/kube/resources.ts";
import { startLoop } from "../../machinery/loop.ts";
import type { ControllerContext, Running } from "../context.ts";

/** Starts it; the informers must have synced. */
export function startServiceAccountController(context: ControllerContext): Running {
  const { kube, informers, log } = context;
  const loop = startLoop({
    name: "service-account-controller",
    log,
    reconcile: async (name) => {
      const namespace = informers.namespaces.get(undefined, name);
      if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return undefined;
      if (informers.serviceAccounts.get(name, "default") !== undefined) return undefined;
      try {
        const metadata = { name: "default", namespace: name };
        await kube.create(serviceAccounts, { apiVersion: "v1", kind: "ServiceAccount", metadata });
      } catch (error) {
        // Forbidden is also how a namespace answers that began to go meanwhile.
        if (!isAlreadyExists(error) && !isNotFound(error) && !(isForbidden(error) && isGoing(error))) throw error;
      }
      return undefined;
    },
  });
  informers.namespaces.subscribe((each) => loop.add(each.metadata.name));
  informers.serviceAccounts.subscribe((each, change) => {
    if (change.type === "deleted") loop.add(each.metadata.namespace ?? "");
  });
  for (const each of informers.namespaces.items()) loop.add(each.metadata.name);
  return loop;
}

function isGoing(error: Error): boolean {
  return error.message.includes("being terminated");
}
