/** Stands between a program and its API server, counts the requests, and can end the program at one of them. */
import { readFileSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { AccountFiles } from "./cluster.ts";

/** Before it reaches the API server, or after the API server has answered and before the program hears of it. */
export type Moment = "before" | "after";

export interface KillingProxy {
  /** The account's kubeconfig with this proxy in place of the server. */
  kubeconfig: string;
  /** "DELETE /api/v1/namespaces/x/pods/y", in the order of arrival; watches are "WATCH ...". */
  requests: readonly string[];
  stop(): Promise<void>;
}

export interface ProxyOptions {
  /** Of the API server. */
  url: string;
  account: AccountFiles;
  /** Whether the program dies at this request, which is number `index`, counted from 0. */
  isLast: (request: string, index: number) => boolean;
  moment: Moment;
  /** Ends the program at once. */
  kill: () => void;
}

/** Listens on loopback, without TLS. What arrives after the end is not passed on. */
export async function startKillingProxy(options: ProxyOptions): Promise<KillingProxy> {
  const { account, isLast, moment, kill } = options;
  const upstream = new URL(options.url);
  const agent = new Agent({ keepAlive: true, ca: readFileSync(join(account.directory, "ca.crt")) });
  const requests: string[] = [];
  let isOver = false;
  const end = (): void => {
    isOver = true;
    kill();
  };
  const server = createServer((incoming, outgoing) => {
    const { method = "GET", url = "/" } = incoming;
    const [path = "/"] = url.split("?", 1);
    const isWatch = /[?&]watch=true/.test(url);
    const words = `${isWatch ? "WATCH" : method} ${path}`;
    if (isOver) return void incoming.destroy();
    requests.push(words);
    const dies = isLast(words, requests.length - 1);
    if (dies && moment === "before") {
      end();
      return void incoming.destroy();
    }
    const forwarded = httpsRequest(
      { agent, host: upstream.hostname, port: upstream.port, method, path: url, headers: incoming.headers },
      (answer) => (dies ? swallow(answer, isWatch, end) : pass(answer, outgoing)),
    );
    forwarded.on("error", () => outgoing.destroy());
    outgoing.on("close", () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    kubeconfig: pointedAt(`http://127.0.0.1:${port}`, account),
    requests,
    async stop() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function pass(answer: IncomingMessage, outgoing: ServerResponse): void {
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
  outgoing.flushHeaders();
  answer.pipe(outgoing);
}

/** The API server has done it; nobody hears of it. */
function swallow(answer: IncomingMessage, isWatch: boolean, end: () => void): void {
  if (isWatch) {
    end();
    return;
  }
  answer.resume();
  answer.on("end", end);
}

function pointedAt(url: string, { kubeconfig, directory }: AccountFiles): string {
  const config = parse(readFileSync(kubeconfig, "utf8")) as { clusters: { name: string; cluster: object }[] };
  const clusters = config.clusters.map(({ name }) => ({ name, cluster: { server: url } }));
  const file = join(directory, "kubeconfig-of-proxy");
  writeFileSync(file, stringify({ ...config, clusters }), { mode: 0o600 });
  return file;
}
