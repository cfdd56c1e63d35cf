/** Objects and clients for the tests of this folder. */
import type { Pod } from "kubernetes-types/core/v1";
import type { Credentials } from "../authentication.ts";
import type { KubeOptions } from "../client.ts";
import { createKube } from "../client.ts";
import type { Kube, Live } from "../types.ts";

/** A pod as the server would send it. */
export function pod(name: string, version: number, uid = `uid-${name}`): Live<Pod> {
  return {
    metadata: {
      namespace: "ns",
      name,
      uid,
      resourceVersion: String(version),
      creationTimestamp: "2026-01-01T00:00:00Z",
    },
  };
}

/** A list answer. */
export function podList(version: number, items: Live<Pod>[], token?: string): object {
  return { kind: "PodList", apiVersion: "v1", metadata: { resourceVersion: String(version), continue: token }, items };
}

/** One line of a watch. */
export function event(type: string, object: object): string {
  return JSON.stringify({ type, object });
}

/** Credentials that count how often they were forgotten; the token changes each time. */
export function testCredentials(server: string): Credentials & { forgotten(): number } {
  let count = 0;
  const tls = {};
  return {
    server,
    source: "the test",
    authenticate: async () => ({ headers: { authorization: `Bearer token-${count}` }, tls }),
    forget: () => {
      count += 1;
    },
    forgotten: () => count,
  };
}

/** A client of a fault server. */
export function testKube(server: { url: string }, options: Partial<KubeOptions> = {}): Kube {
  return createKube(testCredentials(server.url), { userAgent: "operarius/test", ...options });
}
