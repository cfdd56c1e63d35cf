/** serviceaccounts/token: a bound ServiceAccount token. */
import { parseObject } from "../http/body.ts";
import { asList, asMap, asString, clone, timestamp } from "../object.ts";
import { keyOf } from "../registry/resource-info.ts";
import { ApiError, badRequest, conflict, notFound } from "../status.ts";
import type { Answer, Call } from "./context.ts";
import { getStored } from "./read.ts";

const shortestSeconds = 600;

function boundPod(call: Call, reference: Record<string, unknown>): { name: string; uid: string } | undefined {
  if (Object.keys(reference).length === 0) return undefined;
  const { kind, name, uid } = reference;
  if (kind !== "Pod")
    throw badRequest(`cannot bind token to object of type ${asString(kind)}: this server binds tokens to pods`);
  const pod = call.backend.store.get("pods", keyOf(call.info.namespace, asString(name)));
  const pods = { group: "", plural: "pods" };
  if (pod === undefined) throw notFound(pods, asString(name));
  const actual = pod.metadata.uid ?? "";
  if (uid !== undefined && uid !== "" && uid !== actual) {
    throw conflict(
      pods,
      asString(name),
      `the UID in the bound object reference (${asString(uid)}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  return { name: asString(name), uid: actual };
}

/** Errors: 400, 404 for the account or the pod, 409 for another pod's UID, 422 for too short a life. */
export function requestToken(call: Call): Answer {
  const account = getStored(call);
  const body = call.body.trim() === "" ? {} : parseObject(call.body, call.contentType, "TokenRequest");
  const spec = asMap(body.spec);
  const seconds = Number(spec.expirationSeconds ?? 3600);
  if (!Number.isInteger(seconds) || seconds < shortestSeconds) {
    throw new ApiError(
      422,
      "Invalid",
      `TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: ${String(spec.expirationSeconds)}: may not specify a duration less than 10 minutes`,
    );
  }
  const pod = boundPod(call, asMap(spec.boundObjectRef));
  const asked = asList(spec.audiences).map(asString);
  const audiences = asked.length > 0 ? asked : [call.backend.tokens.issuer];
  const { name = "", uid = "" } = account.metadata;
  const issued = call.backend.tokens.issue({
    namespace: call.info.namespace,
    serviceAccount: { name, uid },
    ...(pod === undefined ? {} : { pod }),
    audiences,
    expirationSeconds: seconds,
  });
  return {
    code: 201,
    body: {
      kind: "TokenRequest",
      apiVersion: "authentication.k8s.io/v1",
      metadata: { name, namespace: call.info.namespace, creationTimestamp: timestamp() },
      spec: { ...clone(spec), audiences, expirationSeconds: seconds },
      status: { token: issued.token, expirationTimestamp: issued.expirationTimestamp },
    },
  };
}
