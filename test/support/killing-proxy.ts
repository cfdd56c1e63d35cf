/** Stands between a program and its API server, counts the requests, and can end the program at one of them. */
import type { IncomingMessage } from "node:http";
import { createServer } from "node:http";
import type { AccountFiles } from "./cluster.ts";
import { isWatch, leadingTo, listenOnLoopback, openUpstream, passOn } from "./forwarding.ts";

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
  const upstream = openUpstream(options);
  const requests: string[] = [];
  let isOver = false;
  const end = (): void => {
    isOver = true;
    kill();
  };
  const server = createServer((incoming, outgoing) => {
    const [path = "/"] = (incoming.url ?? "/").split("?", 1);
    const words = `${isWatch(incoming) ? "WATCH" : incoming.method} ${path}`;
    if (isOver) return void incoming.destroy();
    requests.push(words);
    const dies = isLast(words, requests.length - 1);
    if (dies && moment === "before") {
      end();
      return void incoming.destroy();
    }
    const forwarded = upstream.forward(incoming, (answer) =>
      dies ? swallow(answer, isWatch(incoming), end) : passOn(answer, outgoing),
    );
    forwarded.on("error", () => outgoing.destroy());
    outgoing.on("close", () => forwarded.destroy());
  });
  const port = await listenOnLoopback(server);
  return {
    kubeconfig: leadingTo(`http://127.0.0.1:${port}`, account),
    requests,
    async stop() {
      upstream.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The API server has done it; nobody hears of it. */
function swallow(answer: IncomingMessage, watches: boolean, end: () => void): void {
  if (watches) {
    end();
    return;
  }
  answer.resume();
  answer.on("end", end);
}
