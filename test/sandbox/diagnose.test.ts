/** The front door on a cluster with several troubles at once: read-only, with the caller's own rights, nothing installed. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { install } from "../../sandbox/bootstrap/install.ts";
import { blastRadiusSchema } from "../../src/reporting/blast-radius-text.ts";
import { diagnosisListSchema, diagnosisSchema } from "../../src/reporting/diagnosis-document.ts";
import { createGrounds } from "../scenarios/ground.ts";
import type { Stage } from "../scenarios/stage.ts";
import {
  createAgent,
  patchTemplate,
  replacePodsOn,
  setFaults,
  setImage,
  untilPod,
  untilStatus,
} from "../scenarios/stage.ts";
import { tokenKubeconfig } from "../support/account.ts";
import { requestsBy } from "../support/audit.ts";
import type { AccountFiles, Cluster } from "../support/cluster.ts";
import type { Ended } from "../support/program.ts";
import { runProgram } from "../support/program.ts";
import { startSandboxCluster } from "../support/sandbox-cluster.ts";

const programEntry = inject("programEntry");
const READ = ["get", "list", "watch"];

interface Scene {
  cluster: Cluster;
  stage: Stage;
  /** May read everything that a look reads, everywhere. */
  viewer: AccountFiles;
  /** May read the namespaced kinds in the stage's namespace, and nothing else. */
  guest: AccountFiles;
  /** May read nothing. */
  nobody: AccountFiles;
}

let running: Scene | undefined;
let finish: () => void = () => undefined;
let played: Promise<void> = Promise.resolve();

function scene(): Scene {
  if (!running) throw new Error("the cluster has not started");
  return running;
}

function bind(
  kind: "Role" | "ClusterRole",
  name: string,
  namespace: string | undefined,
  rules: readonly object[],
): object[] {
  const group = "rbac.authorization.k8s.io";
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
  const subject = { kind: "ServiceAccount", namespace: "people", name };
  return [
    { apiVersion: `${group}/v1`, kind, metadata, rules },
    {
      apiVersion: `${group}/v1`,
      kind: `${kind}Binding`,
      metadata,
      subjects: [subject],
      roleRef: { apiGroup: group, kind, name },
    },
  ];
}

const namespaced = [
  { apiGroups: [""], resources: ["pods", "events"], verbs: READ },
  { apiGroups: ["apps"], resources: ["daemonsets", "controllerrevisions"], verbs: READ },
];
const everywhere = [
  ...namespaced,
  { apiGroups: [""], resources: ["nodes", "namespaces", "configmaps"], verbs: READ },
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: READ },
  { apiGroups: ["openfero.io"], resources: ["operariuses"], verbs: READ },
];

async function accounts(cluster: Cluster, { namespace }: Stage): Promise<Pick<Scene, "viewer" | "guest" | "nobody">> {
  const account = (name: string) => ({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { namespace: "people", name },
  });
  await install(cluster.person, [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "people" } },
    ...["viewer", "guest", "nobody"].map(account),
    ...bind("ClusterRole", "viewer", undefined, everywhere),
    ...bind("Role", "guest", namespace, namespaced),
  ] as Parameters<typeof install>[1]);
  const of = (name: string) => cluster.account("people", name);
  return { viewer: await of("viewer"), guest: await of("guest"), nobody: await of("nobody") };
}

/** Five DaemonSets: an image that does not exist, one bad node, pods that cannot be created, OnDelete, and a healthy one. */
async function makeTrouble(stage: Stage): Promise<void> {
  const named = (name: string): Stage => ({ ...stage, name });
  const [image, node, creation, onDelete, healthy] = ["image", "node", "creation", "on-delete", "healthy"].map(named);
  if (!image || !node || !creation || !onDelete || !healthy) throw new Error("unreachable");
  await Promise.all([
    createAgent(image, { ownAnnotations: { "meta.helm.sh/release-name": "image" } }),
    createAgent(node, { image: "app:ok-7" }),
    createAgent(creation),
    createAgent(onDelete, { strategy: "OnDelete" }),
    createAgent(healthy),
  ]);
  await setImage(image, "app:bad-2");
  await setFaults(stage, stage.node(4), "crash=app:ok-7");
  await replacePodsOn(node, [stage.node(4)]);
  await patchTemplate(creation, { spec: { serviceAccountName: "nobody-made-it" } });
  await setImage(onDelete, "app:ok-2");
  await untilPod(image, "a pod without its image", ({ waiting }) => /ImagePull/.test(waiting));
  // Proven, also in the moments in which it runs again.
  await untilPod(node, "a crash loop", ({ restarts }) => restarts >= 3);
  await untilStatus(creation, "a node without a pod", ({ status }) => (status?.currentNumberScheduled ?? 4) < 4);
  await untilStatus(onDelete, "outdated pods", ({ status }) => status?.updatedNumberScheduled !== 4);
}

beforeAll(async () => {
  const cluster = await startSandboxCluster({ programEntry, manifests: [] });
  const ready = new Promise<void>((resolve, reject) => {
    const done = new Promise<void>((over) => {
      finish = over;
    });
    played = createGrounds(cluster).on("look", async (stage) => {
      await makeTrouble(stage);
      running = { cluster, stage, ...(await accounts(cluster, stage)) };
      resolve();
      await done;
    });
    played.catch(reject);
  });
  await ready;
});

afterAll(async () => {
  finish();
  await played;
  await running?.cluster.stop();
});

async function run(
  args: readonly string[],
  account: AccountFiles = scene().viewer,
  env: Record<string, string> = {},
): Promise<Ended> {
  const { kubeconfig } = account;
  return runProgram({
    entry: programEntry,
    args,
    env: { HOME: scene().cluster.scratch(), KUBECONFIG: kubeconfig, ...env },
  });
}

/** The lines of a table by the name of their DaemonSet. */
function rows(stdout: string): Record<string, string> {
  const { namespace } = scene().stage;
  const found = [...stdout.matchAll(new RegExp(`^${namespace} +(\\S+) +(.*)$`, "gm"))];
  return Object.fromEntries(found.map(([, name = "", rest = ""]) => [name, rest.replace(/ {2,}/g, " | ")]));
}

describe("diagnose -A", () => {
  it("has one line for each that is stuck, with cause, plan and owner, and exit code 1", async () => {
    const { code, stdout, stderr } = await run(["diagnose", "-A", "--pace", "fast"]);
    expect(code, stderr).toBe(1);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^4 of 5 DaemonSets in all namespaces are stuck\.$/m);
    expect(rows(stdout)).toEqual({
      image: expect.stringMatching(
        /^3\/4 \| C01 ImageNotFound \| no: ManagedByOthers \(rollback to 1\) \| Helm release image.* \| \d+s$/,
      ),
      node: expect.stringMatching(/^3\/4 \| C04 \S+ \| (delete 1 pod|wait) \| - \| \d+s$/),
      creation: expect.stringMatching(/^3\/4 \| C23 ServiceAccountMissing \| .* \| - \| \d+s$/),
      "on-delete": expect.stringMatching(/^4\/4 \| C24 \S+ \| a person \| - \| \d+s$/),
    });
  });

  it("tells each of them in full on demand, as the command for one of them does", async () => {
    const { stage } = scene();
    const all = await run(["diagnose", "-n", stage.namespace, "--pace", "fast", "--details"]);
    const one = await run(["diagnose", "daemonset", "image", "-n", stage.namespace, "--pace", "fast"]);
    expect(one.code).toBe(1);
    expect(one.stdout).toMatch(/^3 of 4 pods run; .*app:bad-2/);
    expect(one.stdout.replace(/\s+/g, " ")).toMatch(
      /Rolling back to revision 1 would restart nothing that runs, but that is forbidden/,
    );
    // Nothing changes by itself under OnDelete, so that two looks can be compared.
    const quiet = await run(["diagnose", "daemonset", "on-delete", "-n", stage.namespace, "--pace", "fast"]);
    const withoutAges = (text: string) => text.replace(/\d+s\b/g, "Ns");
    expect(withoutAges(all.stdout)).toContain(withoutAges(quiet.stdout).trimEnd());
    expect(all.stdout.match(/^--- \S+/gm)).toHaveLength(4);
    for (const line of one.stdout.split("\n")) if (line.length > 80) expect(line).toMatch(/kubectl|operarius/);
  });

  it("says the same as JSON, by its schema", async () => {
    const { code, stdout } = await run(["diagnose", "-A", "--pace", "fast", "-o", "json"]);
    const document = JSON.parse(stdout) as unknown;
    expect(code).toBe(1);
    expect(diagnosisListSchema.parse(document)).toEqual(document);
    expect(document).toMatchObject({ counts: { looked: 5, stuck: 4, healthy: 1 }, notEvaluated: [] });
    const one = await run(["diagnose", "ds", "image", "-n", scene().stage.namespace, "-o", "json"]);
    const single = JSON.parse(one.stdout) as unknown;
    expect(diagnosisSchema.parse(single)).toEqual(single);
  });

  it("nothing stuck is exit code 0, and selected DaemonSets are those that are asked for", async () => {
    const { namespace } = scene().stage;
    const healthy = await run(["diagnose", "daemonset", "healthy", "-n", namespace]);
    expect({ code: healthy.code, first: healthy.stdout.split("\n")[0] }).toEqual({
      code: 0,
      first: "All 4 pods are up to date and available. Nothing has to be done.",
    });
    const none = await run(["diagnose", "-A", "-l", "no=such"]);
    expect(none).toMatchObject({ code: 0, stdout: "There is no DaemonSet in all namespaces with no=such.\n" });
  });

  it("reads by a few lists: each once, no watch, no write of any kind", async () => {
    const { viewer, cluster } = scene();
    const before = requestsBy(viewer.user, await cluster.audit()).length;
    await run(["diagnose", "-A", "--pace", "fast"]);
    const own = requestsBy(viewer.user, await cluster.audit()).slice(before);
    const words = own.map(({ verb, objectRef }) => `${verb} ${objectRef?.resource}`).sort();
    // Those about DaemonSets are read once a pod is old enough to be deleted.
    expect(words.filter((each) => each === "list events").length).toBeLessThanOrEqual(2);
    expect([...new Set(words)]).toEqual([
      "get namespaces",
      "list controllerrevisions",
      "list daemonsets",
      "list events",
      "list leases",
      "list namespaces",
      "list nodes",
      "list pods",
    ]);
    expect(words.length).toBeLessThanOrEqual(9);
  });
});

describe("what the rights do not reach", () => {
  it("a namespace without nodes: told what was not evaluated, and what pods show", async () => {
    const { stage, guest } = scene();
    const { code, stdout } = await run(["diagnose", "-n", stage.namespace], guest);
    expect(code, stdout).toBe(1);
    const words = stdout.replace(/\s+/g, " ");
    expect(words).toMatch(
      /Not evaluated: nodes cannot be read with these rights \(.*guest.*nodes.*\)\. No DaemonSet can be counted/,
    );
    expect(words).toMatch(/Not evaluated: namespaces cannot be read/);
    expect(rows(stdout)).toMatchObject({
      image: expect.stringMatching(/^3\/4 \| 1 (ImagePullBackOff|ErrImagePull) \| not evaluated/),
      node: expect.stringMatching(/^3\/4 \| 1 CrashLoopBackOff \| not evaluated/),
    });
    expect(rows(stdout)).not.toHaveProperty("healthy");
  });

  it.each([
    [
      "the cluster with rights in a namespace",
      "guest",
      ["diagnose", "-A"],
      /guest.*daemonsets[\s\S]*fix: operarius diagnose -n NAMESPACE/,
    ],
    [
      "no rights at all",
      "nobody",
      ["diagnose", "-n", "default"],
      /nobody.*daemonsets[\s\S]*fix: kubectl auth can-i --list -n default/,
    ],
    ["no rights at all, blast-radius", "nobody", ["blast-radius", "-A"], /nobody.*daemonsets/],
  ] as const)("%s: exit code 2 and the way out", async (_name, who, args, says) => {
    const { code, stdout, stderr } = await run(args, scene()[who]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

describe("blast-radius -A", () => {
  it("says what may be done to each, and which policies that rests on", async () => {
    const { code, stdout } = await run(["blast-radius", "-A"]);
    expect(code).toBe(0);
    expect(rows(stdout)).toEqual({
      image: expect.stringMatching(/^4 \| plain \| automatic \| never \| never \| 4 \| 0 \| Helm release image/),
      node: "4 | plain | automatic | approval | automatic | 4 | 1 | -",
      creation: "4 | plain | automatic | approval | automatic | 4 | 1 | -",
      "on-delete": "4 | plain | never | never | never | 0 | 0 | -",
      healthy: "4 | plain | automatic | approval | automatic | 4 | 1 | -",
    });
    expect(stdout).toContain("the shipped defaults");
    const json = JSON.parse((await run(["blast-radius", "-A", "-o", "json"])).stdout) as unknown;
    expect(blastRadiusSchema.parse(json)).toEqual(json);
  });
});

describe("input that cannot work", () => {
  it.each([
    ["-A with a name", ["diagnose", "daemonset", "agent", "-A"], '-A looks at every DaemonSet, and "agent" names one'],
    ["-A with -n", ["diagnose", "-A", "-n", "x"], "-A is all namespaces and -n is one"],
    ["nothing", ["diagnose"], "nothing to look at is given"],
    ["a selector that is none", ["diagnose", "-A", "-l", "a in ("], "is not a label selector"],
    ["an unknown flag", ["diagnose", "-A", "--everything"], "--everything"],
    ["an unknown context", ["diagnose", "-A", "--context", "moon"], "moon"],
    ["a kubeconfig that does not exist", ["diagnose", "-A", "--kubeconfig", "/nowhere/config"], "/nowhere/config"],
    ["a DaemonSet that does not exist", ["diagnose", "ds", "ghost", "-n", "default"], "default/ghost does not exist"],
    ["a context for blast-radius", ["blast-radius", "-A", "--context", "moon"], "moon"],
  ])("%s", async (_name, args, says) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }, stderr).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(says);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("a server that does not answer", async () => {
    const listener = createServer().listen(0, "127.0.0.1");
    await once(listener, "listening");
    const { port } = listener.address() as AddressInfo;
    listener.close();
    await once(listener, "close");
    const file = join(scene().cluster.scratch(), "kubeconfig");
    writeFileSync(file, tokenKubeconfig({ url: `https://127.0.0.1:${port}`, caPem: "", user: "x", token: "x" }));
    const { code, stderr } = await run(["diagnose", "-A", "--kubeconfig", file]);
    expect(code, stderr).toBe(2);
    expect(stderr).toMatch(/127\.0\.0\.1:\d+ does not answer[\s\S]*fix: kubectl cluster-info/);
  });
});

it("none of it asked for anything but reading", async () => {
  const { cluster, viewer, guest, nobody } = scene();
  const events = await cluster.audit();
  const verbs = [viewer, guest, nobody].flatMap(({ user }) => requestsBy(user, events).map(({ verb }) => verb));
  expect(verbs.length).toBeGreaterThan(50);
  expect([...new Set(verbs)].sort()).toEqual(["get", "list"]);
});
