/** A cluster that belongs to the user as a `Cluster`: simulated nodes, namespaces of our own, no look at its audit log. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { install } from "../../sandbox/bootstrap/install.ts";
import type { Manifest } from "../../sandbox/bootstrap/objects.ts";
import { marksOf, taintOf } from "../../scripts/cluster/foreign/names.ts";
import { startForeignNodes } from "../../scripts/cluster/foreign/nodes.ts";
import type { Target } from "../../scripts/cluster/foreign/target.ts";
import { namespaces, nodes as nodeResource } from "../../src/kube/resources.ts";
import type { Kube } from "../../src/kube/types.ts";
import { tokenOf, writeAccount } from "./account.ts";
import type { Cluster } from "./cluster.ts";
import { exporterPod, groundLabel, healer, lacksOfRelease, userOf } from "./cluster.ts";
import type { Rule } from "./foreign-plan.ts";
import { accountName, foreignLacks, foreignPlan, groundCount, shipped } from "./foreign-plan.ts";
import type { RecordingProxy } from "./recording-proxy.ts";
import { startRecordingProxy } from "./recording-proxy.ts";

export interface ForeignClusterOptions {
  target: Target;
  /** Made by this; the caller removes it and everything else that carries our label. */
  namespace: string;
  /** Existing folder of its own, for files. */
  directory: string;
  programEntry: string;
  log: (line: string) => void;
}

/** Resolves when the nodes are Ready. `stop` ends what runs on this machine; what is in the cluster is left to the caller. */
export async function startForeignCluster(options: ForeignClusterOptions): Promise<Cluster> {
  const { target, namespace, directory, programEntry } = options;
  const { kube: person, version, server } = target;
  await createMarked(person, namespace, namespace);
  await install(person, accountManifests(namespace));
  const { nodes: names } = foreignPlan(namespace);
  const logFile = join(directory, "nodes.log");
  const log = (line: string): void => appendFileSync(logFile, `${new Date().toISOString()} ${line}\n`);
  const nodes = await startForeignNodes({ target, namespace, names, directory, programEntry, log });
  try {
    const proxy = await startRecordingProxy(target.credentials);
    options.log(`Kubernetes ${version} at ${server}; judged without its audit log, by the program's own requests`);
    return await clusterOf(options, { names, nodes, proxy });
  } catch (error) {
    await nodes.stop();
    throw error;
  }
}

interface Parts {
  names: readonly string[];
  nodes: { stop(): Promise<void> };
  proxy: RecordingProxy;
}

async function clusterOf(options: ForeignClusterOptions, { names, nodes, proxy }: Parts): Promise<Cluster> {
  const { target, namespace, directory } = options;
  const { kube: person } = target;
  const groundName = (ground: number): string => `${namespace}-${ground}`;
  const grounds = Array.from({ length: groundCount }, (_, ground) => names.slice(4 * ground, 4 * ground + 4));
  for (const [number, group] of grounds.entries())
    for (const name of group) {
      const body = { metadata: { labels: { [groundLabel]: groundName(number) } } };
      await person.patch(nodeResource, { name }, { type: "merge", body });
    }
  const scratches = join(directory, "scratch");
  mkdirSync(scratches, { recursive: true, mode: 0o700 });
  const scratch = (): string => mkdtempSync(join(scratches, "scratch-"));
  const { key, value = "" } = taintOf(namespace);
  return {
    name: `Kubernetes ${target.version} of yours`,
    url: target.server,
    person,
    personKubeconfig: target.kubeconfig,
    grounds,
    groundName,
    healer: { namespace, name: healer.name },
    exporter: { namespace, name: exporterPod },
    tolerations: [{ key, operator: "Equal", value, effect: "NoSchedule" }],
    async createNamespace(slug) {
      const name = `${namespace}-${slug}`;
      await createMarked(person, namespace, name);
      await install(person, [bindingIn(name, namespace)]);
      return name;
    },
    lacks: { ...lacksOfRelease(target.version), ...foreignLacks },
    async account(ownNamespace, name) {
      const token = await tokenOf(person, { namespace: ownNamespace, name });
      const user = userOf({ namespace: ownNamespace, name });
      proxy.knows(token, user);
      return writeAccount({ user, name, token, url: proxy.url, caPem: proxy.caPem, directory: scratch() });
    },
    audit: () => Promise.resolve(proxy.read()),
    stopDaemonSetController: () => Promise.reject(new Error(foreignLacks["stop-controller"])),
    scratch,
    async stop() {
      await nodes.stop();
      await proxy.stop();
      person.close();
      rmSync(scratches, { recursive: true, force: true });
    },
  };
}

async function createMarked(person: Kube, namespace: string, name: string): Promise<void> {
  await person.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: marked(name, namespace) });
}

function marked(name: string, namespace: string): { name: string; labels: Record<string, string> } {
  return { name, labels: marksOf(namespace) };
}

const rbac = "rbac.authorization.k8s.io";

const READS: readonly string[] = ["get", "list", "watch"];

/** The shipped account and its rights, cut to what is ours: it reads everywhere, and writes are bound namespace by namespace. */
function accountManifests(namespace: string): Manifest[] {
  const name = accountName(namespace);
  const rules = shipped("ClusterRole");
  const reads = rules.map((rule) => ({ ...rule, verbs: rule.verbs.filter((verb) => READS.includes(verb)) }));
  const role = (kind: string, metadata: Manifest["metadata"], ofKind: readonly Rule[]): Manifest => ({
    apiVersion: `${rbac}/v1`,
    kind,
    metadata,
    rules: ofKind,
  });
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace, name: healer.name } },
    role("ClusterRole", marked(name, namespace), rules),
    role("ClusterRole", marked(`${name}-reads`, namespace), reads),
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: marked(`${name}-reads`, namespace),
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: `${name}-reads` },
      subjects: [subjectIn(namespace)],
    },
    role("Role", { namespace, name: healer.name }, shipped("Role")),
    {
      apiVersion: `${rbac}/v1`,
      kind: "RoleBinding",
      metadata: { namespace, name: healer.name },
      roleRef: { apiGroup: rbac, kind: "Role", name: healer.name },
      subjects: [subjectIn(namespace)],
    },
    bindingIn(namespace, namespace, "work"),
  ];
}

/** Lets the account do its work in one namespace. */
function bindingIn(place: string, namespace: string, name: string = healer.name): Manifest {
  return {
    apiVersion: `${rbac}/v1`,
    kind: "RoleBinding",
    metadata: { namespace: place, name },
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name: accountName(namespace) },
    subjects: [subjectIn(namespace)],
  };
}

function subjectIn(namespace: string): object {
  return { kind: "ServiceAccount", namespace, name: healer.name };
}
