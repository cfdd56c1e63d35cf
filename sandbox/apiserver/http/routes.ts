/** From a request about a resource to the handler that answers it. */
import type { ServerResponse } from "node:http";
import type { Answer, Call } from "../handlers/context.ts";
import { deleteCollection, deleteOne } from "../handlers/delete.ts";
import { create, patch, update } from "../handlers/mutate.ts";
import { streamLogs } from "../handlers/pod-logs.ts";
import { bindPod, evictPod } from "../handlers/pod-subresources.ts";
import { getObject, listObjects } from "../handlers/read.ts";
import { requestToken } from "../handlers/token-request.ts";
import { watchObjects } from "../handlers/watch.ts";
import { verbsOf } from "../registry/resource-info.ts";
import { methodNotAllowed, noSuchPath } from "../status.ts";

/** An answer, or undefined when the handler has written to the response itself. */
export type Outcome = Promise<Answer | undefined> | Answer;

function subresource(call: Call, response: ServerResponse): Outcome {
  const { verb, subresource: sub } = call.info;
  switch (`${call.resource.plural}/${sub} ${verb}`) {
    case "pods/binding create":
      return bindPod(call);
    case "pods/eviction create":
      return evictPod(call);
    case "pods/log get":
      return streamLogs(call, response).then(() => undefined);
    case "serviceaccounts/token create":
      return requestToken(call);
    case "namespaces/finalize update":
      return update(call);
    default:
  }
  if (sub === "status" && call.resource.status) {
    if (verb === "get") return getObject(call);
    if (verb === "update") return update(call);
    if (verb === "patch") return patch(call);
    throw methodNotAllowed();
  }
  throw call.resource.subresources.some((one) => one.name === sub) ? methodNotAllowed() : noSuchPath();
}

/** `closing` aborts when the server stops: watches end then. */
export function route(call: Call, response: ServerResponse, closing: AbortSignal): Outcome {
  const { info, resource } = call;
  if (info.subresource !== "") return subresource(call, response);
  switch (info.verb) {
    case "get":
      return getObject(call);
    case "list":
      return listObjects(call);
    case "watch":
      return watchObjects(call, response, closing).then(() => undefined);
    case "create":
      if (info.name !== "" || (resource.namespaced && info.namespace === "")) throw methodNotAllowed();
      return create(call);
    case "update":
      if (info.name === "") throw methodNotAllowed();
      return update(call);
    case "patch":
      if (info.name === "") throw methodNotAllowed();
      return patch(call);
    case "delete":
      return deleteOne(call);
    case "deletecollection":
      if (resource.namespaced && info.namespace === "") throw methodNotAllowed();
      if (!verbsOf(resource).includes("deletecollection")) throw methodNotAllowed();
      return deleteCollection(call);
    default:
      throw methodNotAllowed();
  }
}
