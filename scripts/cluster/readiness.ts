/** The signs by which a control plane is known to work. */
import { crds } from "../../sandbox/bootstrap/objects.ts";
import { isNotFound } from "../../src/kube/errors.ts";
import { serviceAccounts } from "../../src/kube/resources.ts";
import type { Kube } from "../../src/kube/types.ts";

/** Repeats the look until its answer is `true`; `what` ends the sentence "waited in vain until ...". */
export type Wait = (what: string, look: () => Promise<true | undefined>) => Promise<true>;

/** Its own opinion: /readyz. */
export function apiAnswers(admin: Kube, wait: Wait): Promise<true> {
  return wait("the API server is ready", async () => {
    const answer = await admin.raw("/readyz").catch(() => undefined);
    return answer === "ok" ? true : undefined;
  });
}

/** A definition that was accepted is served a moment later. */
export function crdsServed(admin: Kube, wait: Wait): Promise<true> {
  const wanted = crds().map(({ metadata }) => metadata.name);
  return wait("the resources of deploy/crds are served", async () => {
    const { items } = (await admin.raw("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")) as Definitions;
    const served = items.filter(({ status }) =>
      status?.conditions?.some(({ type, status: value }) => type === "Established" && value === "True"),
    );
    return wanted.every((name) => served.some(({ metadata }) => metadata.name === name)) ? true : undefined;
  });
}

interface Definitions {
  items: { metadata: { name: string }; status?: { conditions?: { type: string; status: string }[] } }[];
}

/** The controller manager opens no port here; what it does is the sign of its life. */
export function controllersRun(admin: Kube, wait: Wait): Promise<true> {
  return wait("the controllers have made the ServiceAccount kube-system/default", async () => {
    try {
      await admin.get(serviceAccounts, { namespace: "kube-system", name: "default" });
      return true;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  });
}
