/** The rest of lists that were asked for in pages, so that all pages show one moment. */
import { randomUUID } from "node:crypto";
import { goJsonFault } from "../http/go-json.ts";
import type { KubeObject } from "../object.ts";

export interface Snapshot {
  revision: number;
  items: readonly KubeObject[];
}

export interface SnapshotCache {
  /** Keeps the items; the answer is the continue token. */
  keep(snapshot: Snapshot): string;
  /** Undefined when it is unknown or has been forgotten: the client has to start again. A page may be asked for twice. */
  find(token: string): Snapshot | undefined;
  clear(): void;
}

/** False for what can never have been a token of a list. */
export function isToken(token: string): boolean {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    return typeof parsed === "object" && parsed !== null && "start" in parsed;
  } catch {
    return false;
  }
}

/** What is wrong with a token that is none, in the words of the real server. */
export function tokenFault(token: string): string {
  if (!/^[A-Za-z0-9_-]*$/.test(token)) {
    const at = token.search(/[^A-Za-z0-9_-]/);
    return `illegal base64 data at input byte ${at}`;
  }
  return goJsonFault(Buffer.from(token, "base64url").toString("utf8")) ?? "incorrect encoded start";
}

/** Keeps at most `limit` rests; the oldest goes first. */
export function createSnapshotCache(limit = 64): SnapshotCache {
  const kept = new Map<string, Snapshot>();
  return {
    keep(snapshot) {
      const token = Buffer.from(
        JSON.stringify({ v: "meta.k8s.io/v1", rv: snapshot.revision, start: randomUUID() }),
      ).toString("base64url");
      kept.set(token, snapshot);
      const oldest = kept.keys().next().value;
      if (kept.size > limit && oldest !== undefined) kept.delete(oldest);
      return token;
    },
    find: (token) => kept.get(token),
    clear: () => kept.clear(),
  };
}
