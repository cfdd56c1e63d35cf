import type { Receiver } from "../control/receive.ts";
import type { AuthSettings } from "../intake/auth.ts";

/** What the HTTP surface is built from. */
export interface AppOptions {
  receiver: Receiver;
  auth: AuthSettings;
  about: { version: string; commit: string; buildDate: string };
  /** Whether the caches are filled. */
  isReady: () => boolean;
  /** Milliseconds a delivery may take before it is answered with 503. */
  writeTimeoutMs: number;
}
