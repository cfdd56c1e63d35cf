/** The kubelet's HTTPS endpoint, as far as `kubectl logs` needs it: GET /containerLogs/NAMESPACE/POD/CONTAINER. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { selfSigned } from "./certificate.ts";
import type { HeldPod } from "./held-pod.ts";
import type { LogBuffer } from "./program/log-buffer.ts";
import { tailOf } from "./program/log-buffer.ts";

export interface LogServer {
  port: number;
  stop(): Promise<void>;
}

/** Listens on a free port of the loopback interface; `find` looks a pod up on all nodes. */
export async function startLogServer(
  find: (namespace: string, name: string) => HeldPod | undefined,
): Promise<LogServer> {
  const { certPem, keyPem } = await selfSigned("127.0.0.1");
  const server = createServer({ cert: certPem, key: keyPem }, (request, response) => answer(find, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function answer(
  find: (namespace: string, name: string) => HeldPod | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const url = new URL(request.url ?? "/", "https://kubelet");
  const [, area, namespace, podName, container, ...rest] = url.pathname.split("/").map(decodeSafely);
  if (request.method !== "GET" || area !== "containerLogs" || container === undefined || rest.length > 0) {
    refuse(response, 404, `no such path: ${url.pathname}`);
    return;
  }
  const pod = find(namespace ?? "", podName ?? "");
  if (pod === undefined) {
    refuse(response, 404, `pod "${podName ?? ""}" not found in namespace "${namespace ?? ""}"`);
    return;
  }
  const logs = pod.log(container);
  const wanted = url.searchParams.get("previous") === "true" ? logs?.previous : logs?.current;
  if (wanted === undefined) {
    const what =
      logs === undefined ? "is waiting to start" : "has no previous run: previous terminated container not found";
    refuse(response, 400, `container "${container}" in pod "${podName ?? ""}" ${what}`);
    return;
  }
  send(wanted, url.searchParams, response);
}

function send(log: LogBuffer, query: URLSearchParams, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/plain" });
  const tail = numberOf(query.get("tailLines"));
  let left = numberOf(query.get("limitBytes")) ?? Number.POSITIVE_INFINITY;
  const write = (text: string): void => {
    const bytes = Buffer.from(text).subarray(0, left);
    left -= bytes.length;
    if (bytes.length > 0) response.write(bytes);
    if (left <= 0) response.end();
  };
  write(tail === undefined ? log.text() : tailOf(log.text(), tail));
  if (query.get("follow") !== "true" || log.ended) {
    response.end();
    return;
  }
  const unfollow = log.follow({ chunk: write, end: () => response.end() });
  response.on("close", unfollow);
}

function refuse(response: ServerResponse, code: number, message: string): void {
  response.writeHead(code, { "content-type": "text/plain" }).end(message);
}

function numberOf(text: string | null): number | undefined {
  const value = Number.parseInt(text ?? "", 10);
  return Number.isFinite(value) && value >= 0 ? value : undefined;
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
