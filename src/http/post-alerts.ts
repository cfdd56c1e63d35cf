import type { Received } from "../control/receive.ts";
import { receive } from "../control/receive.ts";
import type { Delivery } from "../intake/alert.ts";
import type { ByteBudget } from "../intake/body.ts";
import { discardBody, readBody } from "../intake/body.ts";
import { normalise } from "../intake/normalise.ts";
import { retryLater } from "./answers.ts";
import type { AppOptions } from "./options.ts";

interface Answer {
  code: number;
  body: Record<string, unknown>;
}

/** What all deliveries share. */
export interface DeliveryLoad {
  budget: ByteBudget;
  inFlight: number;
}

/**
 * `POST /alerts`: 200 = everything that matters is durably recorded; 400 and 413 = this body can never succeed;
 * 503 = not recorded now, send it again (Alertmanager does).
 */
export async function postAlerts(options: AppOptions, load: DeliveryLoad, request: Request): Promise<Response> {
  const { metrics, log } = options.receiver.context;
  const stop = metrics.deliverySeconds.startTimer();
  const { code, body } = await take(options, load, request);
  stop();
  metrics.deliveries.inc({ code: String(code) });
  if (code !== 200) log.warn({ code, ...body }, "delivery not accepted");
  if (code === 503) return retryLater(body);
  return Response.json(body, {
    status: code,
    // Unread remains of a body cannot be followed by another request.
    ...(code === 413 ? { headers: { Connection: "close" } } : {}),
  });
}

/** A delivery holds its place and its bytes until the work on it is over, which may be after its answer. */
async function take(options: AppOptions, load: DeliveryLoad, request: Request): Promise<Answer> {
  const limits = { bytes: options.maxBodyBytes };
  if (load.inFlight >= options.maxConcurrentDeliveries) {
    await discardBody(request, limits);
    return refusal(503, `${options.maxConcurrentDeliveries} deliveries are worked on already, please send again`);
  }
  load.inFlight += 1;
  const leave = (bytes = 0): void => {
    load.inFlight -= 1;
    load.budget.giveBack(bytes);
  };
  const body = await readBody(request, load.budget, limits);
  if (body.kind === "text") return record(options, body.text, () => leave(body.bytes));
  leave();
  switch (body.kind) {
    case "too-large":
      return refusal(413, `the body is larger than ${body.limit} bytes; lower Alertmanager's max_alerts`);
    case "busy":
      return refusal(503, "too many deliveries at once, please send again");
    case "unreadable":
      return refusal(400, `the body could not be read: ${body.message}`);
  }
}

async function record(options: AppOptions, text: string, onDone: () => void): Promise<Answer> {
  const normalised = readable(text, onDone);
  if (normalised.kind === "malformed") {
    onDone();
    return refusal(400, normalised.reason);
  }
  const { delivery } = normalised;
  const received = await inTime(options, delivery, onDone);
  if (received.kind === "unavailable") return refusal(503, `not recorded, please send again: ${received.message}`);
  const { alerts, rejected, truncatedAlerts: truncated } = delivery;
  const body = { status: "recorded", alerts: alerts.length, rejected, ...(truncated > 0 ? { truncated } : {}) };
  return { code: 200, body };
}

/** As `normalise`; should that ever throw, the place is given back nevertheless. */
function readable(text: string, onDone: () => void): ReturnType<typeof normalise> {
  try {
    return normalise(text);
  } catch (error) {
    onDone();
    throw error;
  }
}

/** Answers at the write timeout whatever the API server does; what was begun ends by itself and is idempotent. */
async function inTime(
  { receiver, writeTimeoutMs }: AppOptions,
  delivery: Delivery,
  onDone: () => void,
): Promise<Received> {
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
    return await Promise.race([receive(receiver, delivery, giveUp.signal).finally(onDone), late]);
  } finally {
    clearTimeout(timer);
  }
}

function refusal(code: number, error: string): Answer {
  return { code, body: { error } };
}
