/** Turns an error answer into a `StatusError`. */
import type { IncomingHttpHeaders } from "node:http";
import { StatusError } from "./errors.ts";

const longestText = 300;

/**
 * The message of the Status body where there is one, else the status line and the start of the text. `subject` names
 * the request ("GET https://host/path") and is used only in the second case.
 */
export function statusErrorOf(
  subject: string,
  answer: { statusCode: number; headers: IncomingHttpHeaders; body: string },
): StatusError {
  const retryAfterSeconds = parseRetryAfter(answer.headers["retry-after"]);
  const status = parseStatus(answer.body);
  const text = answer.body.replace(/\s+/g, " ").trim().slice(0, longestText);
  return new StatusError({
    code: answer.statusCode,
    reason: status?.reason ?? "",
    message: status?.message || `${subject}: HTTP ${answer.statusCode}${text === "" ? "" : `: ${text}`}`,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

/** A Status object as found in a body or in an ERROR event; undefined when it is something else. */
export function statusErrorFromObject(value: unknown): StatusError | undefined {
  if (!isStatus(value)) return undefined;
  return new StatusError({
    code: typeof value.code === "number" ? value.code : 500,
    reason: typeof value.reason === "string" ? value.reason : "",
    message: typeof value.message === "string" ? value.message : "the API server reported an error without a message",
  });
}

/** Seconds; both forms of RFC 9110. Negative and unreadable values count as absent. */
export function parseRetryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header);
  // Date.parse alone would take almost anything, "-1" included, for a date.
  const date = /^[A-Z][a-z]{2}, .* GMT$/.test(header.trim()) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, (date - Date.now()) / 1000);
}

function parseStatus(body: string): { reason: string; message: string } | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isStatus(value) ? statusErrorFromObject(value) : undefined;
  } catch {
    return undefined;
  }
}

function isStatus(value: unknown): value is { code?: unknown; reason?: unknown; message?: unknown } {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "Status";
}
