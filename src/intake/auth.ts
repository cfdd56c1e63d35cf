import { createHash, timingSafeEqual } from "node:crypto";

/** How callers prove who they are. */
export type AuthSettings =
  | { method: "none" }
  | { method: "basic"; user: string; password: string }
  | { method: "bearer"; token: string };

export type Authorisation = { kind: "allowed" } | { kind: "denied"; challenge: string };

/**
 * Judges an Authorization header. The scheme is case-insensitive; secrets are compared in constant time whatever their
 * lengths. `challenge` is the value for WWW-Authenticate.
 */
export function authorise(settings: AuthSettings, header: string | undefined): Authorisation {
  if (settings.method === "none") return { kind: "allowed" };
  const [, scheme = "", rest = ""] = /^\s*(\S+)\s+(.*?)\s*$/s.exec(header ?? "") ?? [];
  const [wanted, given, expected] =
    settings.method === "basic"
      ? ["basic", Buffer.from(rest, "base64").toString("utf8"), `${settings.user}:${settings.password}`]
      : ["bearer", rest, settings.token];
  const same = equal(given, expected);
  if (scheme.toLowerCase() === wanted && same) return { kind: "allowed" };
  return {
    kind: "denied",
    challenge: settings.method === "basic" ? 'Basic realm="operarius"' : 'Bearer realm="operarius"',
  };
}

function equal(given: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
