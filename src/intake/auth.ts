import { createHash, timingSafeEqual } from "node:crypto";

/** How callers prove who they are. Each of the secrets opens, so that they can be rotated. */
export type AuthSettings =
  | { method: "none" }
  | { method: "basic"; user: string; secrets: readonly string[]; file?: string }
  | { method: "bearer"; secrets: readonly string[]; file?: string };

export type Authorisation = { kind: "allowed" } | { kind: "denied"; challenge: string };

/**
 * Judges an Authorization header. The scheme is case-insensitive; the header is compared with every secret, each in
 * constant time whatever their lengths. `challenge` is the value for WWW-Authenticate.
 */
export function authorise(settings: AuthSettings, header: string | undefined): Authorisation {
  if (settings.method === "none") return { kind: "allowed" };
  const { method, secrets } = settings;
  const [, scheme = "", rest = ""] = /^\s*(\S+)\s+(.*?)\s*$/s.exec(header ?? "") ?? [];
  const given = digest(method === "basic" ? Buffer.from(rest, "base64").toString("utf8") : rest);
  let same = false;
  for (const secret of secrets) {
    const isThis = timingSafeEqual(given, digest(method === "basic" ? `${settings.user}:${secret}` : secret));
    same = isThis || same;
  }
  if (scheme.toLowerCase() === method && same) return { kind: "allowed" };
  return { kind: "denied", challenge: method === "basic" ? 'Basic realm="operarius"' : 'Bearer realm="operarius"' };
}

/** The secrets of a file: one a line; blank lines and lines that begin with # are none. Only line ends are cut off. */
export function secretLines(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
