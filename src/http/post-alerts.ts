import type { Received } from "../control/receive.ts";
import { receive } from "../control/receive.ts";
import type { Delivery } from "../intake/alert.ts";
import type { ByteBudget } from "../intake/body.ts";
import { readBody } from "../intake/body.ts";
import { normalise } from "../intake/normalise.ts";
import type { AppOptions } from "./options.ts";

interface Answer {
  code: number;
  body: Record<string, unknown>;
}

/**
 * `POST /alerts`: 200 = everything that matters is durably recorded; 400 and 413 = this body can never succeed;
 * 503 = not recorded now, send it again (Alertmanager does).
 */
export async function postAlerts(options: AppOptions, budget: ByteBudget, request: Request): Promise<Response> {
  const { metrics, log } = options.receiver.context;
  const stop = metrics.deliverySeconds.startTimer();
  const { code, body } = await take(options, budget, request);
  stop();
  metrics.deliveries.inc({ code: String(code) });
  if (code !== 200) log.warn({ code, ...body }, "delivery not accepted");
  return Response.json(body, {
    status: code,
    // Unread remains of a body cannot be followed by another request.
    ...(code === 413 ? { headers: { Connection: "close" } } : {}),
  });
}

async function take(options: AppOptions, budget: ByteBudget, request: Request): Promise<Answer> {
  const body = await readBody(request, budget);
  switch (body.kind) {
    case "too-large":
      return refusal(413, `the body is larger than ${body.limit} bytes; lower Alertmanager's max_alerts`);
    case "busy":
      return refusal(503, "too many deliveries at once, please send again");
    case "unreadable":
      return refusal(400, `the body could not be read: ${body.message}`);
    case "text":
      try {
        return await record(options, body.text);
      } finally {
        budget.giveBack(body.bytes);
      }
  }
}

async function record(options: AppOptions, text: string): Promise<Answer> {
  const normalised = normalise(text);
  if (normalised.kind === "malformed") return refusal(400, normalised.reason);
  const { delivery } = normalised;
  const received = await inTime(options, delivery);
  if (received.kind === "unavailable") return refusal(503, `not recorded, please send again: ${received.message}`);
  const { alerts, rejected, truncatedAlerts: truncated } = delivery;
  const body = { status: "recorded", alerts: alerts.length, rejected, ...(truncated > 0 ? { truncated } : {}) };
  return { code: 200, body };
}

/** Answers at the write timeout whatever the API server does; what was begun ends by itself and is idempotent. */
async function inTime({ receiver, writeTimeoutMs }: AppOptions, delivery: Delivery): Promise<Received> {
  const giveUp = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Received>((resolve) => {
    timer = setTimeout(() => {
      giveUp.abort();
      resolve({
        kind: "unavailable",
        message: `the API server took longer than --writeTimeout (${writeTimeoutMs} ms)`,
      });
    }, writeTimeoutMs);
  });
  try {
    return await Promise.race([receive(receiver, delivery, giveUp.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

function refusal(code: number, error: string): Answer {
  return { code, body: { error } };
}
