/** One POST to somebody else's server: bounded in time and size, no redirects, and no secret in what it says. */
import type { Delivery } from "./message.ts";
import { isHttpUrl } from "./settings.ts";

const TIMEOUT_MS = 10_000;
const MOST_ANSWER = 256;

export interface Post {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
  /** Words of the answer's body that may be repeated; everything else in it stays unsaid. */
  knownWords?: ReadonlySet<string>;
  /** Milliseconds; for tests. */
  timeoutMs?: number;
}

/** `sent` for 2xx. Never rejects. Neither the URL nor the answer's body is part of the message. */
export async function post({ url, headers, body, knownWords, timeoutMs = TIMEOUT_MS }: Post): Promise<Delivery> {
  if (!isHttpUrl(url)) return { kind: "failed", message: "the URL is not one of http or https without credentials" };
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
    const { status } = response;
    const isTaken = status >= 200 && status < 300;
    const word = isTaken || knownWords === undefined ? "" : await startOf(response);
    // What else it says, and whether the connection survives it, changes nothing.
    await response.body?.cancel().catch(() => undefined);
    if (isTaken) return { kind: "sent" };
    return { kind: "failed", message: refusal(status, knownWords?.has(word) === true ? `: ${word}` : "") };
  } catch (error) {
    return { kind: "failed", message: noAnswer(error, timeoutMs) };
  }
}

function refusal(status: number, word: string): string {
  if (status >= 300 && status < 400)
    return `the receiver answers ${status}, a redirect, which is not followed; give the URL it leads to`;
  return `the receiver answers ${status}${word}`;
}

async function startOf({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  if (reader === undefined) return "";
  let text = "";
  const decoder = new TextDecoder();
  while (text.length < MOST_ANSWER) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel();
  reader.releaseLock();
  return text.slice(0, MOST_ANSWER).trim();
}

/** By the code alone: the messages of errors may repeat the URL. */
function noAnswer(error: unknown, timeoutMs: number): string {
  const name = error instanceof Error ? error.name : "";
  if (name === "TimeoutError" || name === "AbortError") return `no answer within ${timeoutMs / 1000} s`;
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return /^[A-Z][A-Z0-9_]*$/.test(code) ? `the receiver cannot be reached (${code})` : "the receiver cannot be reached";
}
