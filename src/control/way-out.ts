import { isForbidden, isNotFound, StatusError, TransportError } from "../kube/errors.ts";
import { errorText } from "../reporting/log.ts";

/** What a person can do about an error of the API server that keeps the server from working. */
export function wayOut(error: unknown): string {
  if (isNotFound(error))
    return "install the custom resources (kubectl apply -f deploy/crds), and see that the namespace is there";
  if (error instanceof StatusError && error.code === 401)
    return "renew the credentials in the kubeconfig, or the token";
  if (isForbidden(error)) return "give the server its rights: kubectl apply -k deploy/kustomize";
  if (error instanceof TransportError) return "check that the API server is up, and --kubeconfig and --context";
  return "see the error; the server keeps trying";
}

/** The error's text, and the way out where the text itself has none. */
export function withWayOut(error: unknown): string {
  const isKnown = error instanceof StatusError && [401, 403, 404].includes(error.code);
  return isKnown ? `${errorText(error)}; ${wayOut(error)}` : errorText(error);
}
