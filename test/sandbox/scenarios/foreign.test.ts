/** The guard before a cluster of the user's, played with a sandbox as that cluster: what is refused, what is left alone, what is removed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { examine, requireConsent } from "../../../scripts/cluster/foreign/guard.ts";
import { markKey, marksOf } from "../../../scripts/cluster/foreign/names.ts";
import { checkNobodyIsAtWork, findRemains, removeRemains } from "../../../scripts/cluster/foreign/remains.ts";
import type { Target } from "../../../scripts/cluster/foreign/target.ts";
import { openTarget } from "../../../scripts/cluster/foreign/target.ts";
import { daemonSets, namespaces, nodes, pods, serviceAccounts } from "../../../src/kube/resources.ts";
import { undertakingOf } from "../../runner/undertakings.ts";
import { scenarios } from "../../scenarios/daemonset-rollout/index.ts";
import { createExporter, untilDefaultAccount } from "../../scenarios/decoys.ts";
import { createGrounds } from "../../scenarios/ground.ts";
import { runScenario } from "../../scenarios/run-scenario.ts";
import type { Cluster } from "../../support/cluster.ts";
import { startForeignCluster } from "../../support/foreign-cluster.ts";
import { startSandboxCluster } from "../../support/sandbox-cluster.ts";
import { until } from "../../support/until.ts";

const programEntry = inject("programEntry");
const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");

let theirs: Cluster;
let target: Target;

beforeAll(async () => {
  theirs = await startSandboxCluster({ programEntry });
  target = await openTarget({ kubeconfig: theirs.personKubeconfig });
  await theirs.person.create(daemonSets, theirAgent("tolerant", [{ operator: "Exists" }]));
  await theirs.person.create(daemonSets, theirAgent("plain", []));
});
afterAll(async () => {
  target?.kube.close();
  await theirs?.stop();
});

function theirAgent(name: string, tolerations: object[]) {
  const labels = { app: name };
  const spec = { tolerations, containers: [{ name: "agent", image: "app:ok-1" }] };
  return {
    metadata: { name, namespace: "default" },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

const strict = { allowOld: false };
const scenariosIn = (namespace: string) => undertakingOf("cluster", namespace);
const removal = { deadlineMs: 60_000, now: Date.now, pause: () => new Promise<void>((done) => setTimeout(done, 100)) };

test("says which cluster, what it makes there, whose DaemonSets will notice, and what is not run", async () => {
  const { lines, remains } = await examine(target, scenariosIn("ours"), strict);
  const text = lines.join("\n");
  expect(remains).toEqual([]);
  for (const fact of [
    `context    ${target.context}`,
    `server     ${theirs.url}`,
    `version    ${target.version}`,
    "nodes      4",
    "namespaces ours and ours-<scenario>",
    "nodes ours-n1 to ours-n8",
    "ClusterRoleBinding ours-operarius-daemonset-rollout",
    "DaemonSet default/tolerant of yours",
    ", because the controller manager of a cluster of yours is not ours to stop",
    ", because when a node counts as dead is up to",
    "without your cluster's audit log",
  ])
    expect(text).toContain(fact);
  expect(text).not.toContain("default/plain");
});

test("too few rights are refused, each by its name", async () => {
  const account = await theirs.account("openfero", "operarius-daemonset-rollout");
  const narrow = await openTarget({ kubeconfig: account.kubeconfig });
  try {
    const examining = examine(narrow, scenariosIn("ours"), strict);
    await expect(examining).rejects.toThrow(
      /may not: .*impersonate users system:node:ours-n1.*delete nodes.*create namespaces.*create clusterroles\.rbac/,
    );
    await expect(examining).rejects.not.toThrow(/list nodes/);
  } finally {
    narrow.kube.close();
  }
});

test("credentials that may not even look are refused with the server's words", async () => {
  await theirs.person.create(serviceAccounts, { metadata: { namespace: "default", name: "nobody" } });
  const { kubeconfig } = await theirs.account("default", "nobody");
  await expect(openTarget({ kubeconfig })).rejects.toThrow(/refuses these credentials: nodes is forbidden.*\(403\)/);
});

test("a namespace that is there and is not ours is refused, and so is one that begins like ours", async () => {
  await theirs.person.create(namespaces, { metadata: { name: "team" } });
  await theirs.person.create(namespaces, { metadata: { name: "crew-prod" } });
  await expect(examine(target, scenariosIn("team"), strict)).rejects.toThrow(
    /--namespace team is in use by something that does not carry our label: namespace team\./,
  );
  await expect(examine(target, scenariosIn("crew"), strict)).rejects.toThrow(/namespace crew-prod/);
});

test.each(["default", "kube-system", "kube-node-lease"])("--namespace %s is refused", async (namespace) => {
  await expect(examine(target, scenariosIn(namespace), strict)).rejects.toThrow(/belongs to Kubernetes itself/);
});

test("an old release is refused unless the user allows it", async () => {
  const old = { ...target, version: "v1.26.15" };
  await expect(examine(old, scenariosIn("ours"), strict)).rejects.toThrow(/v1\.26\.15; 1\.27.*--allow-old-kubernetes/);
  const { lines } = await examine(old, scenariosIn("ours"), { allowOld: true });
  expect(lines.join("\n")).toContain("v1.26.15 (OLD");
});

test("a cluster that cannot be reached is named with its context, file and server", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  server.close();
  await once(server, "close");
  const directory = theirs.scratch();
  const { kubeconfig } = await theirs.account("openfero", "operarius-daemonset-rollout");
  const { readFileSync, writeFileSync } = await import("node:fs");
  const file = join(directory, "unreachable");
  writeFileSync(file, readFileSync(kubeconfig, "utf8").replace(theirs.url, `https://127.0.0.1:${port}`));
  await expect(openTarget({ kubeconfig: file })).rejects.toThrow(
    new RegExp(`context test in ${file} \\(https://127\\.0\\.0\\.1:${port}\\) cannot be reached`),
  );
});

test("a file that is not there is named", async () => {
  await expect(openTarget({ kubeconfig: "/nowhere/config" })).rejects.toThrow("/nowhere/config");
});

test.each([
  ["nobody to ask and no flags", { yes: false, isNamespaceGiven: false }, /both --yes and --namespace/],
  ["--yes without --namespace", { yes: true, isNamespaceGiven: false }, /both --yes and --namespace/],
  ["--namespace without --yes", { yes: false, isNamespaceGiven: true }, /both --yes and --namespace/],
])("%s: not agreed", async (_, consent, message) => {
  await expect(requireConsent(target, consent)).rejects.toThrow(message);
});

test("on a terminal the context's name has to be typed, whatever else is typed is a no", async () => {
  const typing = (answer: string) => ({
    yes: false,
    isNamespaceGiven: false,
    ask: (question: string) => Promise.resolve(question.includes(target.context) ? answer : "asked something else"),
  });
  await expect(requireConsent(target, typing("yes"))).rejects.toThrow(/not agreed/);
  await expect(requireConsent(target, typing(""))).rejects.toThrow(/not agreed/);
  await expect(requireConsent(target, typing(`${target.context}\n`))).resolves.toBeUndefined();
  await expect(requireConsent(target, { yes: true, isNamespaceGiven: true })).resolves.toBeUndefined();
});

test("the command writes nothing before somebody agrees", async () => {
  const before = await theirs.person.list(namespaces);
  const ended = await command(["cluster", "--kubeconfig", theirs.personKubeconfig, "--namespace", "ours"]);
  expect(ended.code).toBe(1);
  expect(ended.output).toContain("nobody is there to agree");
  const after = await theirs.person.list(namespaces);
  expect(after.items.map(({ metadata }) => metadata.uid)).toEqual(before.items.map(({ metadata }) => metadata.uid));
});

test("flags about the user's cluster need one", async () => {
  expect(await command(["cluster", "--yes"])).toMatchObject({
    code: 2,
    output: expect.stringContaining("--kubeconfig"),
  });
  const reserved = await command(["cluster", "--kubeconfig", theirs.personKubeconfig, "--namespace", "kube-system"]);
  expect(reserved).toMatchObject({ code: 1, output: expect.stringContaining("belongs to Kubernetes itself") });
});

async function command(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [join(root, "test", "runner", "run.mjs"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output };
}

test("scenarios are played there by the same rules, the user's own pods are let be, and nothing is left", async () => {
  const own = await openTarget({ kubeconfig: theirs.personKubeconfig });
  const log = (): void => undefined;
  const cluster = await startForeignCluster({
    target: own,
    namespace: "ours",
    directory: theirs.scratch(),
    programEntry,
    log,
  });
  try {
    await createExporter(cluster);
    const grounds = createGrounds(cluster);
    for (const id of ["S01", "S18"]) {
      const scenario = scenarios.find((each) => each.id === id);
      if (scenario === undefined) throw new Error(`there is no ${id}`);
      await runScenario(scenario, grounds, programEntry);
    }
    const ours = (await theirs.person.list(nodes)).items.filter(
      ({ metadata }) => metadata.labels?.[markKey] === "ours",
    );
    expect(ours.map(({ spec }) => spec?.taints)).toEqual(
      Array.from({ length: 8 }, () => [{ key: markKey, value: "ours", effect: "NoSchedule" }]),
    );
    const guests = (await theirs.person.list(pods, { namespace: "default" })).items.filter(({ spec }) =>
      spec?.nodeName?.startsWith("ours-"),
    );
    expect(guests.map(({ metadata }) => metadata.labels?.app)).toEqual(Array.from({ length: 8 }, () => "tolerant"));
    expect(guests.map(({ status }) => status?.phase)).toEqual(Array.from({ length: 8 }, () => "Pending"));
    const remains = await findRemains(theirs.person, "ours");
    const pause = () => new Promise<void>((done) => setTimeout(done, 3_000));
    await expect(checkNobodyIsAtWork(theirs.person, remains, pause)).rejects.toThrow(/another run is at work/);
  } finally {
    await cluster.stop();
  }
  const remains = await findRemains(theirs.person, "ours");
  await checkNobodyIsAtWork(theirs.person, remains, () => Promise.resolve());
  expect(await removeRemains(theirs.person, remains, removal)).toEqual([]);
  expect(await findRemains(theirs.person, "ours")).toEqual([]);
  await until("the user's pods on our nodes to go", async () =>
    (await theirs.person.list(pods)).items.every(({ spec }) => !spec?.nodeName?.startsWith("ours-")),
  );
});

test("what a killed run has left is found and removed, with what holds it; what only looks alike is told apart", async () => {
  const { person } = theirs;
  await person.create(namespaces, { metadata: { name: "left-s01", labels: marksOf("left") } });
  await untilDefaultAccount(person, "left-s01");
  await person.create(nodes, { metadata: { name: "left-n1", labels: marksOf("left") } });
  await person.create(pods, {
    metadata: { namespace: "left-s01", name: "held", finalizers: ["operarius.test/hold"] },
    spec: { nodeName: "left-n1", containers: [{ name: "app", image: "app:ok-1" }] },
  });
  const before = await examine(target, scenariosIn("left"), strict);
  expect(before.lines.join("\n")).toContain(
    "An earlier run has left, and this one deletes: namespace left-s01, node left-n1",
  );
  expect(await removeRemains(person, before.remains, removal)).toEqual([]);
  await person.create(namespaces, { metadata: { name: "left-s01" } });
  expect(await findRemains(person, "left")).toMatchObject([{ name: "left-s01", isMarked: false }]);
  await expect(examine(target, scenariosIn("left"), strict)).rejects.toThrow(/namespace left-s01/);
});
