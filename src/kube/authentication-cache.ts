/** Keeps what authenticates us for a while, and asks for it once however many requests wait for it. */
import type { Authentication, TlsMaterial } from "./authentication.ts";

/** Tokens rotate on disk and plugins hand out short ones; a 401 asks anew at once. */
const cacheMs = 60_000;

export interface AuthenticationCache {
  authenticate(): Promise<Authentication>;
  /** Drops what is kept, unless it has been replaced since `refused` was handed out. */
  forget(refused?: Authentication): void;
}

/**
 * `fill` reads or computes; `again` is true when the former answer was refused. Its errors are handed on and not kept.
 * `now` is a clock in milliseconds that never goes back.
 */
export function cacheAuthentication(
  fill: (again: boolean) => Promise<Authentication>,
  now: () => number = () => performance.now(),
): AuthenticationCache {
  let kept: { until: number; pending: Promise<Authentication>; value?: Authentication } | undefined;
  let tls: TlsMaterial = {};
  let again = false;
  return {
    authenticate() {
      if (kept !== undefined && now() < kept.until) return kept.pending;
      const entry: NonNullable<typeof kept> = { until: now() + cacheMs, pending: fill(again).then(keepTls) };
      again = false;
      kept = entry;
      entry.pending.then(
        (value) => {
          entry.value = value;
        },
        () => {
          if (kept === entry) kept = undefined;
        },
      );
      return entry.pending;
    },
    forget(refused) {
      if (refused !== undefined && kept?.value !== refused) return;
      kept = undefined;
      again = true;
    },
  };

  /** Connections are pooled by the identity of the TLS material. */
  function keepTls(value: Authentication): Authentication {
    if (!sameTls(tls, value.tls)) tls = value.tls;
    return { ...value, tls };
  }
}

function sameTls(a: TlsMaterial, b: TlsMaterial): boolean {
  const print = (tls: TlsMaterial): string =>
    JSON.stringify(
      Object.entries(tls).map(([name, value]) => [name, Buffer.isBuffer(value) ? value.toString("latin1") : value]),
    );
  return print(a) === print(b);
}
