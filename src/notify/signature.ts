/** How a receiver knows that a body is ours and when it was sent (pure). */
import { createHmac } from "node:crypto";

export const SIGNATURE_HEADER = "X-Operarius-Signature";

/** `t=<unix seconds>,v1=<hex HMAC-SHA-256 of "<t>.<body>">`; a receiver refuses what is old or does not add up. */
export function signature(secret: string, body: string, nowMs: number): string {
  const t = Math.floor(nowMs / 1000);
  return `t=${t},v1=${createHmac("sha256", secret).update(`${t}.${body}`).digest("hex")}`;
}
