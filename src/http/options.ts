import type { Receiver } from "../control/receive.ts";
import type { AuthSettings } from "../intake/auth.ts";
import type { Secrets } from "../intake/secrets.ts";

/** What the HTTP surface is built from. */
export interface AppOptions {
  receiver: Receiver;
  auth: AuthSettings;
  /** The secrets of `auth` that hold now; absent: those in it. */
  secrets?: Secrets;
  about: { version: string; commit: string; buildDate: string };
  /** Whether the caches are filled. */
  isReady: () => boolean;
  /** Whether the server was told to end and only finishes what still arrives. */
  isStopping: () => boolean;
  /** Milliseconds a delivery may take before it is answered with 503. */
  writeTimeoutMs: number;
  /** Largest delivery that is read. */
  maxBodyBytes: number;
  /** Deliveries that are worked on at once; more are answered with 503. */
  maxConcurrentDeliveries: number;
}
