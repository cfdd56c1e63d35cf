/** Stands between programs and their API server and injects faults by rules that can be changed while it runs. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import type { AccountFiles } from "./cluster.ts";
import type { Fault, Rule } from "./faults.ts";
import { faultFor } from "./faults.ts";
import { isWatch, leadingTo, listenOnLoopback, openUpstream, passOn } from "./forwarding.ts";

/** One request and what became of it here. */
export interface Seen {
  method: string;
  /** Without the query. */
  path: string;
  isWatch: boolean;
  /** Epoch milliseconds. */
  at: number;
  fate: Fault["kind"] | "passed";
}

export interface FaultProxy {
  /** The account's kubeconfig with this proxy in place of the server. */
  kubeconfig: string;
  /** In the order of arrival; what a partition refused is not among them. */
  seen: readonly Seen[];
  /** How many connections partitions have refused. */
  refusals(): number;
  /** How many requests met each fate. */
  fates(): Record<string, number>;
  /** From now on these rules, and no others. */
  use(rules: readonly Rule[]): void;
  /** Every watch that is open stays open and says nothing more. */
  silenceWatches(): void;
  /** Cuts every connection and refuses new ones until `rejoin`. */
  part(): void;
  rejoin(): void;
  stop(): Promise<void>;
}

export interface FaultProxyOptions {
  /** Of the API server. */
  url: string;
  account: AccountFiles;
  /** 0 <= x < 1. */
  random: () => number;
}

/** Listens on loopback, without TLS; passes everything on until told otherwise. */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const { account, random } = options;
  const upstream = openUpstream(options);
  const seen: Seen[] = [];
  const watches = new Set<IncomingMessage>();
  const sockets = new Set<Socket>();
  let rules: readonly Rule[] = [];
  let isParted = false;
  let refusals = 0;
  const server = createServer((incoming, outgoing) => {
    const request = seenOf(incoming);
    const fault = faultFor(request, rules, random);
    request.fate = fault?.kind ?? "passed";
    seen.push(request);
    const exchange = { incoming, outgoing, request };
    if (fault !== undefined && keepsFromServer(fault, exchange)) return;
    const forwarded = upstream.forward(incoming, (answer) => {
      if (request.isWatch) {
        watches.add(answer);
        answer.once("close", () => watches.delete(answer));
      }
      answerWith(fault, answer, exchange);
    });
    forwarded.on("error", () => outgoing.destroy());
    // An answer that will be lost must still be one: the API server is to act.
    if (fault?.kind !== "answer-lost") outgoing.on("close", () => forwarded.destroy());
  });
  server.on("connection", (socket) => {
    if (isParted) {
      refusals += 1;
      return void socket.resetAndDestroy();
    }
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  const port = await listenOnLoopback(server);
  return {
    kubeconfig: leadingTo(`http://127.0.0.1:${port}`, account, `kubeconfig-of-proxy-${port}`),
    seen,
    refusals: () => refusals,
    fates: () => countFates(seen),
    use(next) {
      rules = next;
    },
    silenceWatches() {
      for (const answer of watches) answer.unpipe().resume();
    },
    part() {
      isParted = true;
      for (const socket of sockets) socket.resetAndDestroy();
    },
    rejoin() {
      isParted = false;
    },
    async stop() {
      upstream.close();
      await closed(server);
    },
  };
}

function seenOf(incoming: IncomingMessage): Seen {
  const { method = "GET", url = "/" } = incoming;
  const [path = "/"] = url.split("?", 1);
  return { method, path, isWatch: isWatch(incoming), at: Date.now(), fate: "passed" };
}

function countFates(seen: readonly Seen[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { fate } of seen) counts[fate] = (counts[fate] ?? 0) + 1;
  return counts;
}

interface Exchange {
  incoming: IncomingMessage;
  outgoing: ServerResponse;
  request: Seen;
}

/** Whether that is all there is to the request: the API server never sees it. */
function keepsFromServer(fault: Fault, { incoming, outgoing, request }: Exchange): boolean {
  switch (fault.kind) {
    case "refused":
      incoming.resume();
      sendStatus(outgoing, fault);
      return true;
    case "expired":
      incoming.resume();
      if (request.isWatch) sendExpiredEvent(outgoing);
      else sendStatus(outgoing, { code: 410 });
      return true;
    case "reset":
      incoming.socket.resetAndDestroy();
      return true;
    case "unanswered":
      incoming.resume();
      return true;
    case "delayed":
    case "answer-lost":
    case "trickled":
    case "half-open":
      return false;
  }
}

function answerWith(fault: Fault | undefined, answer: IncomingMessage, { incoming, outgoing }: Exchange): void {
  switch (fault?.kind) {
    case "delayed":
      setTimeout(() => passOn(answer, outgoing), fault.ms);
      return;
    case "answer-lost":
      answer.resume();
      answer.once("end", () => incoming.socket.resetAndDestroy());
      return;
    case "trickled":
      trickle(answer, outgoing, fault).catch(() => outgoing.destroy());
      return;
    case "half-open":
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      outgoing.flushHeaders();
      answer.resume();
      return;
    default:
      passOn(answer, outgoing);
  }
}

async function trickle(
  answer: IncomingMessage,
  outgoing: ServerResponse,
  { bytes, everyMs }: Extract<Fault, { kind: "trickled" }>,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
  const whole = Buffer.concat(chunks);
  outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
  for (let from = 0; from < whole.length && !outgoing.destroyed; from += bytes) {
    outgoing.write(whole.subarray(from, from + bytes));
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  outgoing.end();
}

const reasons: Readonly<Record<number, string>> = {
  410: "Expired",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
};

function statusOf(code: number): object {
  const [status, reason, message] = ["Failure", reasons[code], "injected by the test"];
  return { kind: "Status", apiVersion: "v1", metadata: {}, status, message, reason, code };
}

function sendStatus(
  outgoing: ServerResponse,
  { code, retryAfterSeconds }: { code: number; retryAfterSeconds?: number },
): void {
  outgoing.writeHead(code, {
    "content-type": "application/json",
    ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
  });
  outgoing.end(JSON.stringify(statusOf(code)));
}

/** As the API server says it to a watch from a version that it has forgotten. */
function sendExpiredEvent(outgoing: ServerResponse): void {
  outgoing.writeHead(200, { "content-type": "application/json" });
  outgoing.end(`${JSON.stringify({ type: "ERROR", object: statusOf(410) })}\n`);
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
