/** The server's looks, with exactly the rights that the server is shipped with: they see what a Job would see, and write nothing. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { install } from "../../sandbox/bootstrap/install.ts";
import { readManifests } from "../../sandbox/bootstrap/objects.ts";
import { createLooks } from "../../src/cli/server-looks.ts";
import type { Look, Looks } from "../../src/control/looks.ts";
import { createKube } from "../../src/kube/client.ts";
import { loadCredentials } from "../../src/kube/credentials.ts";
import type { Kube } from "../../src/kube/types.ts";
import { createLogger } from "../../src/reporting/log.ts";
import { createDeadWebhook, pullFails } from "../scenarios/daemonset-rollout/refusals.ts";
import { withCluster } from "../scenarios/play.ts";
import type { Stage } from "../scenarios/stage.ts";
import { createAgent, deletePodOn, patchTemplate, setFaults, untilNode } from "../scenarios/stage.ts";
import { requestsBy } from "../support/audit.ts";
import { userOf } from "../support/cluster.ts";
import { startSandboxCluster } from "../support/sandbox-cluster.ts";
import { root } from "../support/source-files.ts";
import { until } from "../support/until.ts";

const programEntry = inject("programEntry");
const server = { namespace: "openfero", name: "operarius" };
const playground = withCluster(() => startSandboxCluster({ programEntry, grounds: 4 }));
const stopping = new AbortController();
let running: { kube: Kube; looks: Looks } | undefined;

beforeAll(async () => {
  const cluster = playground.cluster();
  await install(cluster.person, readManifests(join(root, "deploy/kustomize/rbac.yaml")));
  const { kubeconfig } = await cluster.account(server.namespace, server.name);
  const credentials = await loadCredentials({ kubeconfig, env: {} });
  const kube = createKube(credentials, { userAgent: "operarius/test", fieldManager: "operarius" });
  const log = createLogger({ level: "warn", destination: process.stderr });
  const { signal } = stopping;
  const options = { kube, installationNamespace: server.namespace, pace: "fast", now: Date.now, signal, log } as const;
  running = { kube, looks: createLooks(options) };
});
afterAll(() => {
  stopping.abort(new Error("the test is over"));
  running?.kube.close();
});

type Seen = Extract<Look, { kind: "seen" }>;

async function look({ namespace, name }: Pick<Stage, "namespace" | "name">): Promise<Look> {
  if (running === undefined) throw new Error("the cluster has not started");
  const target = { cluster: "", kind: "DaemonSet", namespace, name };
  return running.looks.look({ target, sinceMs: 0, jobArguments: ["heal", "daemonset", "--rollback=approve"] });
}

/** Looks until it is as it should be. */
async function untilSeen(stage: Stage, what: string, holds: (seen: Seen) => boolean): Promise<Seen> {
  let last: Look | undefined;
  return until(
    what,
    async () => {
      last = await look(stage);
      return last.kind === "seen" && holds(last) ? last : undefined;
    },
    { seen: () => last },
  );
}

const on = (id: string, play: (stage: Stage) => Promise<void>): Promise<void> =>
  playground.grounds().on(id, async (stage) => {
    await createAgent(stage);
    await play(stage);
  });

describe("under the server's shipped rights", () => {
  it.concurrent("healthy, for how long, and by whom it was changed", () =>
    on("look-well", async (stage) => {
      const seen = await untilSeen(stage, "health that has lasted", ({ soak }) => (soak?.soakedMs ?? 0) > 0);
      expect(seen).toMatchObject({ health: "healthy", cause: "none", plan: { kind: "nothing" } });
      expect(seen.edit).toMatchObject({ by: "kubectl" });
      const again = await untilSeen(stage, "a longer soak", ({ soak }) => (soak?.soakedMs ?? 0) > 1000);
      expect(again.fingerprint).toBe(seen.fingerprint);
    }));

  it.concurrent("stuck by a bad image: the rollback that waits for a person", () =>
    on("look-image", async (stage) => {
      await pullFails(stage, "app:bad-2");
      const seen = await untilSeen(stage, "a plan", ({ plan }) => plan.kind === "act");
      expect(seen).toMatchObject({ health: "unhealthy", cause: "C01", generation: 2 });
      expect(seen.plan.digest).toMatch(/^[0-9a-f]{16}$/);
      expect(seen.root).toBeUndefined();
      const again = await look(stage);
      expect(again).toMatchObject({ fingerprint: seen.fingerprint, plan: { digest: seen.plan.digest } });
    }));

  it.concurrent("a dead node: named as what is behind it", () =>
    on("look-node", async (stage) => {
      const node = stage.node(4);
      await setFaults(stage, node, "dead");
      await untilNode(stage, node, { type: "Ready", status: "Unknown" });
      await patchTemplate(stage, { metadata: { annotations: { a: "b" } } });
      const seen = await untilSeen(stage, "the dead node", ({ health }) => health === "unhealthy");
      expect(seen).toMatchObject({ reason: "NodeDown", root: `node/${node}`, plan: { kind: "decline" } });
    }));

  it.concurrent("pods that a webhook refuses: its name is read from the events", () =>
    on("look-webhook", async (stage) => {
      await createDeadWebhook(stage);
      await deletePodOn(stage, stage.node(1));
      const seen = await untilSeen(stage, "the webhook", ({ cause }) => cause === "C21");
      expect(seen.root).toMatch(/^webhook\/./);
      expect(seen.plan.kind).toBe("decline");
    }));

  it("gone", async () => {
    expect(await look({ namespace: "kube-system", name: "ghost" })).toMatchObject({ kind: "gone" });
  });
});

it("it was refused nothing, and wrote nothing", async () => {
  const requests = requestsBy(userOf(server), await playground.cluster().audit());
  expect(requests.length).toBeGreaterThan(10);
  const words = requests.map(({ verb, objectRef, responseStatus }) => ({
    request: `${verb} ${objectRef?.resource}`,
    code: responseStatus?.code,
  }));
  expect(words.filter(({ code }) => code === 403)).toEqual([]);
  expect(words.filter(({ request }) => !/^(get|list) /.test(request))).toEqual([]);
});
