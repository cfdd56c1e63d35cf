/** What the proxies before an API server share: passing requests on, and a kubeconfig that leads to the proxy. */
import { readFileSync, writeFileSync } from "node:fs";
import type { ClientRequest, IncomingMessage, Server, ServerResponse } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { AccountFiles } from "./cluster.ts";

export interface Upstream {
  /** Sends the request on as it came, with its own credentials and body. */
  forward(incoming: IncomingMessage, onAnswer: (answer: IncomingMessage) => void): ClientRequest;
  close(): void;
}

/** Connections to the API server at `url`, trusted by the account's ca.crt. */
export function openUpstream({ url, account }: { url: string; account: AccountFiles }): Upstream {
  const { hostname, port } = new URL(url);
  const agent = new Agent({ keepAlive: true, ca: readFileSync(join(account.directory, "ca.crt")) });
  return {
    forward(incoming, onAnswer) {
      const { method = "GET", url: path = "/", headers } = incoming;
      const forwarded = httpsRequest({ agent, host: hostname, port, method, path, headers }, onAnswer);
      incoming.pipe(forwarded);
      return forwarded;
    },
    close: () => agent.destroy(),
  };
}

/** Whether the request opens a watch. */
export function isWatch({ url = "/" }: Pick<IncomingMessage, "url">): boolean {
  return /[?&]watch=true/.test(url);
}

/** Hands an answer on; its headers at once, for a watch may be silent for long. */
export function passOn(answer: IncomingMessage, outgoing: ServerResponse): void {
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
  outgoing.flushHeaders();
  answer.pipe(outgoing);
}

/** Resolves with the port on loopback. */
export async function listenOnLoopback(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** Writes the account's kubeconfig with another server, beside it, and returns the file. */
export function leadingTo(url: string, { kubeconfig, directory }: AccountFiles, name = "kubeconfig-of-proxy"): string {
  const config = parse(readFileSync(kubeconfig, "utf8")) as { clusters: { name: string; cluster: object }[] };
  const clusters = config.clusters.map(({ name: cluster }) => ({ name: cluster, cluster: { server: url } }));
  const file = join(directory, name);
  writeFileSync(file, stringify({ ...config, clusters }), { mode: 0o600 });
  return file;
}
