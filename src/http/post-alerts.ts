import { receive } from "../control/receive.ts";
import { readBody } from "../intake/body.ts";
import { normalise } from "../intake/normalise.ts";
import type { AppOptions } from "./options.ts";

/**
 * `POST /alerts`: 200 = everything that matters is durably recorded; 400 and 413 = this body can never succeed;
 * 503 = not recorded now, send it again (Alertmanager does).
 */
export async function postAlerts(options: AppOptions, request: Request): Promise<Response> {
  const { metrics, log } = options.receiver.context;
  const stop = metrics.deliverySeconds.startTimer();
  const { code, body } = await take(options, request);
  stop();
  metrics.deliveries.inc({ code: String(code) });
  if (code !== 200) log.warn({ code, ...body }, "delivery not accepted");
  return Response.json(body, {
    status: code,
    // Unread remains of a body cannot be followed by another request.
    ...(code === 413 ? { headers: { Connection: "close" } } : {}),
  });
}

async function take(options: AppOptions, request: Request): Promise<{ code: number; body: Record<string, unknown> }> {
  const body = await readBody(request);
  if (body.kind === "too-large") {
    return {
      code: 413,
      body: { error: `the body is larger than ${body.limit} bytes; lower Alertmanager's max_alerts` },
    };
  }
  if (body.kind === "unreadable") return { code: 400, body: { error: `the body could not be read: ${body.message}` } };
  const normalised = normalise(body.text);
  if (normalised.kind === "malformed") return { code: 400, body: { error: normalised.reason } };
  const { delivery } = normalised;
  const received = await receive(options.receiver, delivery, AbortSignal.timeout(options.writeTimeoutMs));
  if (received.kind === "unavailable") {
    return { code: 503, body: { error: `not recorded, please send again: ${received.message}` } };
  }
  return { code: 200, body: { status: "recorded", alerts: delivery.alerts.length, rejected: delivery.rejected } };
}
