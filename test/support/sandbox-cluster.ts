/** The sandbox as a `Cluster`. */
import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { install } from "../../sandbox/bootstrap/install.ts";
import { readManifests } from "../../sandbox/bootstrap/objects.ts";
import type { Sandbox } from "../../sandbox/start.ts";
import { startSandbox } from "../../sandbox/start.ts";
import { createKube } from "../../src/kube/client.ts";
import { loadCredentials } from "../../src/kube/credentials.ts";
import { nodes } from "../../src/kube/resources.ts";
import type { Kube, Resource } from "../../src/kube/types.ts";
import { accountFiles } from "./account.ts";
import { parseAudit } from "./audit.ts";
import type { Cluster } from "./cluster.ts";
import { groundLabel, usualPlaces } from "./cluster.ts";
import { operariusFolder } from "./operarius-folder.ts";

interface Subject {
  kind: string;
  name: string;
  apiGroup?: string;
}

const clusterRoleBindings: Resource<{ metadata: { name: string }; subjects: Subject[] }> = {
  group: "rbac.authorization.k8s.io",
  version: "v1",
  plural: "clusterrolebindings",
  kind: "ClusterRoleBinding",
  namespaced: false,
};

export interface SandboxClusterOptions {
  /** The bundled program, for Jobs. */
  programEntry: string;
  /** Groups of four nodes. Default 1: n1 to n4. */
  grounds?: number;
  /** Files of the operarius' folder to apply. Default: rbac.yaml, the rights of the Job. */
  manifests?: readonly string[];
}

/** n1 to n4, or n01, n02, ... where there are more: a remedy takes nodes in the order of their names. */
export function groupsOfNodes(count: number): string[][] {
  const digits = String(4 * count).length;
  const name = (number: number): string => `n${String(number).padStart(digits, "0")}`;
  return Array.from({ length: count }, (_, ground) => [1, 2, 3, 4].map((each) => name(4 * ground + each)));
}

/** As kubectl would: that name decides whether a template may be rolled back. */
async function personOf(sandbox: Sandbox): Promise<Kube> {
  const credentials = await loadCredentials({ kubeconfig: sandbox.kubeconfigFile, env: {} });
  return createKube(credentials, { userAgent: "kubectl/v1.33.0 (scenario)", fieldManager: "kubectl" });
}

/** Without its rights the controller may do nothing; its watches stay open, as those of a stalled process do. */
async function stopController(person: Kube): Promise<() => Promise<void>> {
  const ref = { name: "system:kube-controller-manager" };
  const user = "system:serviceaccount:kube-system:daemon-set-controller";
  const { subjects } = await person.get(clusterRoleBindings, ref);
  const setSubjects = async (value: readonly Subject[]): Promise<void> => {
    await person.patch(clusterRoleBindings, ref, { type: "merge", body: { subjects: value } });
  };
  const others = subjects.filter(({ name }) => name !== user);
  if (others.length === subjects.length) throw new Error(`ClusterRoleBinding ${ref.name} does not name ${user}`);
  await setSubjects(others);
  return () => setSubjects(subjects);
}

/** Starts a sandbox with the Job's rights installed. It takes about two seconds. */
export async function startSandboxCluster(options: SandboxClusterOptions): Promise<Cluster> {
  const grounds = groupsOfNodes(options.grounds ?? 1);
  const sandbox = await startSandbox({
    nodes: grounds.flat(),
    programEntry: options.programEntry,
    // Kubernetes begins with 1 s and doubles: it takes five evictions until a failed pod waits that long. It removes the
    // pods of a removed node after 40 s; here that is longer than a scenario looks at them.
    tuning: { failedPodBaseMs: 30_000, podGcQuarantineMs: 40_000 },
  });
  const person = await personOf(sandbox);
  for (const [number, names] of grounds.entries())
    for (const name of names)
      await person.patch(
        nodes,
        { name },
        { type: "merge", body: { metadata: { labels: { [groundLabel]: String(number) } } } },
      );
  for (const file of options.manifests ?? ["rbac.yaml"])
    await install(person, readManifests(join(operariusFolder, file)));
  const scratch = (): string => mkdtempSync(join(sandbox.directory, "scratch-"));
  return {
    name: "sandbox",
    url: sandbox.url,
    person,
    personKubeconfig: sandbox.kubeconfigFile,
    grounds,
    ...usualPlaces(person),
    lacks: {
      "pod-security": "its admission has no Pod Security levels",
      preemption: "its scheduler evicts nobody",
    },
    account: (namespace, name) =>
      accountFiles({
        kube: person,
        namespace,
        name,
        url: sandbox.url,
        caPem: sandbox.apiServer.caPem,
        directory: scratch(),
      }),
    audit: () => Promise.resolve(parseAudit(readFileSync(sandbox.auditFile, "utf8"))),
    stopDaemonSetController: () => stopController(person),
    scratch,
    async stop() {
      person.close();
      await sandbox.stop();
    },
  };
}
