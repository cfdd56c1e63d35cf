/** Single requests with everything visible that our client hides: headers, causes, warnings. */
import { request } from "node:https";
import type { Identity } from "./world.ts";

export interface HttpRequest {
  method?: string;
  path: string;
  body?: unknown;
  contentType?: string;
  accept?: string;
  headers?: Readonly<Record<string, string>>;
  /** In place of the administrator's certificate. */
  token?: string;
}

/** A Kubernetes Status, as far as cases look at it. */
export interface Status {
  kind?: string;
  status?: string;
  message?: string;
  reason?: string;
  code?: number;
  details?: {
    name?: string;
    kind?: string;
    causes?: { reason?: string; message?: string; field?: string }[];
    retryAfterSeconds?: number;
  };
}

export interface HttpAnswer<T> {
  code: number;
  body: T;
  text: string;
  headers: NodeJS.Dict<string | string[]>;
  /** The texts of `Warning` headers. */
  warnings: string[];
}

export type Http = <T = Status>(call: HttpRequest) => Promise<HttpAnswer<T>>;

/** A watch or a stuck server must not hold a case for ever. */
const timeoutMs = 30_000;

/** Rejects when there is no answer; every status code is an answer. */
export function createHttp(server: string, identity: Identity): Http {
  return <T>(call: HttpRequest) =>
    new Promise<HttpAnswer<T>>((resolve, reject) => {
      const { method = "GET", path, body, contentType = "application/json", accept = "application/json" } = call;
      const text = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
      const sent = request(
        new URL(path, server),
        {
          method,
          ca: identity.caPem,
          ...(call.token === undefined ? { cert: identity.certPem, key: identity.keyPem } : {}),
          agent: false,
          timeout: timeoutMs,
          headers: {
            accept,
            ...(text === undefined ? {} : { "content-type": contentType, "content-length": Buffer.byteLength(text) }),
            ...(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }),
            ...call.headers,
          },
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on("data", (chunk: Buffer) => chunks.push(chunk));
          answer.on("error", reject);
          answer.on("end", () => {
            const all = Buffer.concat(chunks).toString("utf8");
            resolve({
              code: answer.statusCode ?? 0,
              body: parse(all) as T,
              text: all,
              headers: answer.headers,
              warnings: warningsOf(answer.headers.warning),
            });
          });
        },
      );
      sent.on("timeout", () => sent.destroy(new Error(`${method} ${path}: no answer within ${timeoutMs / 1000} s`)));
      sent.on("error", reject);
      sent.end(text);
    });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `299 - "text"`, one or several in one header. */
function warningsOf(header: string | string[] | undefined): string[] {
  const all = Array.isArray(header) ? header.join(", ") : (header ?? "");
  return [...all.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) => text.replace(/\\(.)/g, "$1"));
}
