/** The proxy does what its faults say: otherwise the other tests would prove nothing. */
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { install } from "../../sandbox/bootstrap/install.ts";
import { createKube } from "../../src/kube/client.ts";
import { loadCredentials } from "../../src/kube/credentials.ts";
import { isExpired } from "../../src/kube/errors.ts";
import { configMaps, serviceAccounts } from "../../src/kube/resources.ts";
import type { Kube } from "../../src/kube/types.ts";
import type { Cluster } from "../support/cluster.ts";
import type { FaultProxy } from "../support/fault-proxy.ts";
import { startFaultProxy } from "../support/fault-proxy.ts";
import type { Fault } from "../support/faults.ts";
import { everyWatch } from "../support/faults.ts";
import { startSandboxCluster } from "../support/sandbox-cluster.ts";

const namespace = "openfero";
let cluster: Cluster;
let proxy: FaultProxy;
let kube: Kube;

beforeAll(async () => {
  cluster = await startSandboxCluster({ programEntry: inject("programEntry") });
  const { person } = cluster;
  await person.create(serviceAccounts, { metadata: { namespace, name: "tester" } });
  const subjects = [{ kind: "ServiceAccount", namespace, name: "tester" }];
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" };
  await install(person, [
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "tester" },
      roleRef,
      subjects,
    },
  ]);
  const account = await cluster.account(namespace, "tester");
  proxy = await startFaultProxy({ url: cluster.url, account, random: () => 0 });
  const credentials = await loadCredentials({ kubeconfig: proxy.kubeconfig, env: {} });
  kube = createKube(credentials, { userAgent: "tester", timeoutMs: 1_500, longestWatchSeconds: 1, watchGraceMs: 500 });
});
afterAll(async () => {
  kube?.close();
  await proxy?.stop();
  await cluster?.stop();
});

/** Whether the client was told that it worked, and whether it did. */
async function attempt(name: string, fault: Fault): Promise<{ told: string; done: boolean }> {
  proxy.use([{ fault, share: 1 }]);
  const told = await kube.create(configMaps, { metadata: { namespace, name } }).then(
    () => "created",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  const { items } = await cluster.person.list(configMaps, { namespace });
  return { told, done: items.some(({ metadata }) => metadata.name === name) };
}

it.each<[string, Fault, RegExp, boolean]>([
  ["refused", { kind: "refused", code: 500 }, /injected/, false],
  ["delayed", { kind: "delayed", ms: 100 }, /^created$/, true],
  ["unanswered", { kind: "unanswered" }, /no answer within/, false],
  ["reset", { kind: "reset" }, /connection reset/, false],
  ["answer-lost", { kind: "answer-lost" }, /connection reset/, true],
  ["trickled", { kind: "trickled", bytes: 40, everyMs: 5 }, /^created$/, true],
  ["expired", { kind: "expired" }, /injected/, false],
])("%s", async (name, fault, told, done) => {
  const came = await attempt(`fault-${name}`, fault);
  expect(came).toEqual({ told: expect.stringMatching(told), done });
});

it("a partition refuses everything until it is over", async () => {
  proxy.part();
  await expect(kube.list(configMaps, { namespace })).rejects.toThrow(/reset|refused/);
  proxy.rejoin();
  proxy.use([]);
  await expect(kube.list(configMaps, { namespace })).resolves.toBeDefined();
});

async function watchOnce(): Promise<unknown> {
  const { resourceVersion } = await kube.list(configMaps, { namespace });
  try {
    for await (const _ of kube.watch(configMaps, { namespace, resourceVersion }));
    return "ended by the server";
  } catch (error) {
    return error;
  }
}

it("a watch that expired says so, and one that is half-open says nothing until it is given up", async () => {
  proxy.use(everyWatch({ kind: "expired" }));
  expect(isExpired(await watchOnce())).toBe(true);
  proxy.use(everyWatch({ kind: "half-open" }));
  expect(String(await watchOnce())).toContain("the connection is dead");
});
