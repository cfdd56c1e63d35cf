/** Delivers as Alertmanager does: 5xx and broken connections are tried again, every other answer is final. */
import { setTimeout as sleep } from "node:timers/promises";

/** One body, and what it is about. */
export interface Delivery {
  targets: readonly string[];
  body: string;
}

/** One try. */
export interface Try {
  /** Of the HTTP answer; undefined when there was none. */
  code: number | undefined;
  retryAfter: string | undefined;
  text: string;
  /** Epoch milliseconds of its end. */
  at: number;
}

/** A delivery with all its tries; the last one is final. */
export interface Delivered extends Delivery {
  tries: readonly Try[];
}

export interface SenderOptions {
  /** Where the replicas are now; each try goes to one of them. */
  urls: () => readonly string[];
  /** 0 <= x < 1. */
  random: () => number;
  /** Milliseconds until it gives up: that is a failure of the test. Default 60,000. */
  patienceMs?: number;
}

/** Milliseconds that one try may take. */
const tryMs = 15_000;
const backOff = { firstMs: 100, mostMs: 1_500 };

/** Resolves with the final answer. Rejects when there is none in time. */
export async function deliver(delivery: Delivery, options: SenderOptions): Promise<Delivered> {
  const { urls, random, patienceMs = 60_000 } = options;
  const deadline = Date.now() + patienceMs;
  const tries: Try[] = [];
  for (let waitMs = backOff.firstMs; Date.now() < deadline; waitMs = Math.min(backOff.mostMs, waitMs * 2)) {
    const known = urls();
    const answer = await tryOnce(known[Math.floor(random() * known.length)] ?? "", delivery.body);
    tries.push(answer);
    if (answer.code !== undefined && answer.code < 500) return { ...delivery, tries };
    await sleep(waitMs * (0.5 + random()));
  }
  const said = tries.slice(-3).map(({ code, text }) => `${code ?? "no answer"} ${text}`);
  throw new Error(`no final answer within ${patienceMs / 1000} s; the last ones: ${said.join("; ")}`);
}

/** One try, whatever comes of it. */
export async function tryOnce(url: string, body: string): Promise<Try> {
  try {
    const answer = await fetch(`${url}/alerts`, {
      method: "POST",
      // A connection for each try: one that is kept may be closed by a server that stops at the moment of its reuse.
      headers: { "content-type": "application/json", connection: "close" },
      body,
      signal: AbortSignal.timeout(tryMs),
    });
    const text = await answer.text();
    const retryAfter = answer.headers.get("retry-after") ?? undefined;
    return { code: answer.status, retryAfter, text, at: Date.now() };
  } catch (error) {
    return { code: undefined, retryAfter: undefined, text: wordsOf(error), at: Date.now() };
  }
}

/** With the code of what is behind it: fetch itself only says that it failed. */
function wordsOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause ? `${String(cause.code)}: ${cause.message}` : String(error);
}

/** Two senders, each with every delivery so many times in an order of its own, `lanes` at a time. */
export async function deliverAll(
  deliveries: readonly Delivery[],
  options: SenderOptions & { times: number; lanes: number },
): Promise<Delivered[]> {
  const { times, lanes, random } = options;
  const done: Delivered[] = [];
  const send = async (): Promise<void> => {
    const waiting = shuffled(Array.from({ length: times }, () => deliveries).flat(), random).values();
    const lane = async (): Promise<void> => {
      for (const delivery of waiting) done.push(await deliver(delivery, options));
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  };
  await Promise.all([send(), send()]);
  return done;
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
