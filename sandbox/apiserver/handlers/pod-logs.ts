/** pods/log: passed on to the kubelet of the pod's node. */
import type { ServerResponse } from "node:http";
import { request as httpsRequest } from "node:https";
import type { KubeObject } from "../object.ts";
import { asList, asMap, asString } from "../object.ts";
import { keyOf } from "../registry/resource-info.ts";
import { ApiError, badRequest, internal, notFound } from "../status.ts";
import type { Call } from "./context.ts";
import { getStored } from "./read.ts";

const passedOn = ["follow", "tailLines", "previous", "timestamps", "sinceSeconds", "sinceTime", "limitBytes"];

/** The container to read. Errors: 400 when it has to be named, or is not one of the pod's. */
function containerOf(call: Call, pod: KubeObject): string {
  const spec = asMap(pod.spec);
  const names = (list: unknown) => asList(list).map((one) => asString(asMap(one).name));
  const [containers, initContainers] = [names(spec.containers), names(spec.initContainers)];
  const wanted = call.query.get("container") ?? "";
  const name = call.info.name;
  if (wanted === "") {
    if (containers.length === 1 && initContainers.length === 0) return containers[0] ?? "";
    if (containers.length === 1) {
      throw badRequest(
        `a container name must be specified for pod ${name}, choose one of: [${containers.join(" ")}] or one of the init containers: [${initContainers.join(" ")}]`,
      );
    }
    throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${containers.join(" ")}]`);
  }
  if (![...containers, ...initContainers].includes(wanted))
    throw badRequest(`container ${wanted} is not valid for pod ${name}`);
  return wanted;
}

/** Where the kubelet listens. Errors: 404, 500 when the node does not say. */
function kubeletOf(call: Call, pod: KubeObject, container: string): { host: string; port: number } {
  const nodeName = asString(asMap(pod.spec).nodeName);
  if (nodeName === "") throw badRequest(`pod ${call.info.name} does not have a host assigned`);
  const waiting = asList(asMap(pod.status).containerStatuses)
    .map(asMap)
    .find((one) => one.name === container);
  const reason = asString(asMap(asMap(waiting?.state).waiting).reason);
  const neverRan = waiting !== undefined && reason !== "" && Object.keys(asMap(waiting.lastState)).length === 0;
  if (neverRan)
    throw badRequest(`container "${container}" in pod "${call.info.name}" is waiting to start: ${reasonWords(reason)}`);
  const node = call.backend.store.get("nodes", keyOf(undefined, nodeName));
  if (node === undefined) throw notFound({ group: "", plural: "nodes" }, nodeName);
  const status = asMap(node.status);
  const address = asList(status.addresses)
    .map(asMap)
    .find((one) => one.type === "InternalIP");
  const port = Number(asMap(asMap(status.daemonEndpoints).kubeletEndpoint).Port ?? 0);
  if (address === undefined || port === 0) throw internal(`node ${nodeName} does not say where its kubelet listens`);
  return { host: asString(address.address), port };
}

function reasonWords(reason: string): string {
  if (reason === "ContainerCreating" || reason === "PodInitializing") return reason;
  if (reason === "ImagePullBackOff" || reason === "ErrImagePull") return "trying and failing to pull image";
  return reason;
}

/** Streams the log to `response`. Errors before anything is sent: 400, 404, 500. */
export function streamLogs(call: Call, response: ServerResponse): Promise<void> {
  const pod = getStored(call);
  const container = containerOf(call, pod);
  const kubelet = kubeletOf(call, pod, container);
  const query = new URLSearchParams();
  for (const name of passedOn) {
    const value = call.query.get(name);
    if (value !== null) query.set(name, value);
  }
  const path = ["containerLogs", call.info.namespace, call.info.name, container].map(encodeURIComponent).join("/");
  return new Promise((resolve, reject) => {
    // The kubelet's certificate is its own; the real server does not verify it either unless told to.
    const request = httpsRequest(
      { ...kubelet, path: `/${path}?${query.toString()}`, rejectUnauthorized: false, agent: false },
      (upstream) => {
        if (upstream.statusCode !== 200) {
          const chunks: Buffer[] = [];
          upstream.on("data", (chunk: Buffer) => chunks.push(chunk));
          upstream.on("end", () =>
            reject(
              new ApiError(
                upstream.statusCode ?? 500,
                upstream.statusCode === 404 ? "NotFound" : "BadRequest",
                Buffer.concat(chunks).toString("utf8").trim() || "the kubelet did not say why",
              ),
            ),
          );
          return;
        }
        response.writeHead(200, { "Content-Type": "text/plain" });
        upstream.pipe(response);
        upstream.once("close", resolve);
      },
    );
    request.once("error", (error) => {
      if (response.headersSent) resolve();
      else
        reject(
          new ApiError(500, "InternalError", `Get "https://${kubelet.host}:${kubelet.port}/${path}": ${error.message}`),
        );
    });
    response.once("close", () => request.destroy());
    request.end();
  });
}
