/** What an installation says about notifications (pure). */
import type { NotificationEvent } from "./message.ts";

/** Whom to tell what. Secrets are named by their file and read when they are needed. */
export interface NotifySettings {
  webhook?: { url: string; secretFile?: string };
  /** The URL of an incoming webhook is a secret as a whole. */
  slack?: { file: string } | { url: string };
  events: readonly NotificationEvent[];
}

/** Whether a message may be sent there at all. */
export function isHttpUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
}
