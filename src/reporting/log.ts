import type { DestinationStream, Logger } from "pino";
import { pino } from "pino";

export type { Logger } from "pino";

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const SECRET_FIELDS = ["authorization", "password", "token", "bearerToken", "basicPass"];

/**
 * A structured logger: one JSON object a line on `destination`, no transports, secrets redacted one level deep.
 * House rule: warn and error take a static message; what varies goes into fields.
 */
export function createLogger(options: {
  level: LogLevel;
  destination: DestinationStream;
  fields?: Record<string, unknown>;
}): Logger {
  return pino(
    {
      level: options.level,
      base: options.fields ?? {},
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: "[redacted]" },
    },
    options.destination,
  );
}

/** What goes into the field `error`: the message with its causes, never a stack and never an object dump. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${errorText(error.cause)}`;
}
