/** Whether these credentials may change a template at all; asked once, and only when a plan would. */
import type { Kube } from "../kube/types.ts";
import type { Target } from "./types.ts";

const PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/** Resolves with the API server's own answer (SelfSubjectAccessReview). */
export async function mayPatchTemplate(kube: Kube, { namespace, name }: Target): Promise<boolean> {
  const resourceAttributes = { group: "apps", resource: "daemonsets", verb: "patch", namespace, name };
  const review = await kube.post<{ status?: { allowed?: boolean } }>(PATH, {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: { resourceAttributes },
  });
  return review.status?.allowed === true;
}
