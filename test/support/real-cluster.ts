/** A real control plane with fake kubelets as a `Cluster`. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { install } from "../../sandbox/bootstrap/install.ts";
import { readManifests } from "../../sandbox/bootstrap/objects.ts";
import type { ControlPlane } from "../../scripts/cluster/control-plane.ts";
import type { Programs } from "../../scripts/cluster/programs.ts";
import { startCluster } from "../../scripts/cluster/start.ts";
import { createKube } from "../../src/kube/client.ts";
import { loadCredentials } from "../../src/kube/credentials.ts";
import { nodes } from "../../src/kube/resources.ts";
import type { Kube } from "../../src/kube/types.ts";
import { accountFiles } from "./account.ts";
import { openAuditLog } from "./audit-log.ts";
import type { Cluster } from "./cluster.ts";
import { groundLabel, lacksOfRelease, usualPlaces } from "./cluster.ts";
import { operariusFolder } from "./operarius-folder.ts";
import { groupsOfNodes } from "./sandbox-cluster.ts";

export interface RealClusterOptions {
  programs: Programs;
  /** Of its own; what an earlier run has left in it is ended and removed. Logs stay there. */
  directory: string;
  /** The bundled program, for Jobs. */
  programEntry: string;
  /** Groups of four nodes. */
  grounds: number;
  log: (line: string) => void;
}

/** Starts it with the Job's rights installed. It takes about ten seconds. Errors: `ClusterProblem`, with nothing left running. */
export async function startRealCluster(options: RealClusterOptions): Promise<Cluster> {
  const grounds = groupsOfNodes(options.grounds);
  const { programs, directory, programEntry } = options;
  // What nodes note is much, and of use only when something went wrong.
  const logFile = join(directory, "logs", "nodes.log");
  const log = (line: string): void => appendFileSync(logFile, `${new Date().toISOString()} ${line}\n`);
  const plane = await startCluster({ programs, directory, programEntry, nodes: grounds.flat(), log });
  options.log(`Kubernetes ${plane.version} (${programs.origin}) runs; its logs are in ${plane.files.logs}`);
  try {
    // As kubectl would: that name decides whether a template may be rolled back.
    const credentials = await loadCredentials({ kubeconfig: plane.kubeconfigFile, env: {} });
    const person = createKube(credentials, { userAgent: "kubectl/v1.33.0 (scenario)", fieldManager: "kubectl" });
    await prepare(person, grounds);
    return clusterOf(plane, person, grounds);
  } catch (error) {
    await plane.stop();
    throw error;
  }
}

async function prepare(person: Kube, grounds: readonly (readonly string[])[]): Promise<void> {
  for (const [number, names] of grounds.entries())
    for (const name of names) {
      const body = { metadata: { labels: { [groundLabel]: String(number) } } };
      await person.patch(nodes, { name }, { type: "merge", body });
    }
  await install(person, readManifests(join(operariusFolder, "rbac.yaml")));
}

function clusterOf(plane: ControlPlane, person: Kube, grounds: readonly (readonly string[])[]): Cluster {
  const { url, caPem } = plane;
  const audit = openAuditLog(plane.auditFile);
  const scratches = join(plane.directory, "scratch");
  mkdirSync(scratches, { mode: 0o700 });
  const scratch = (): string => mkdtempSync(join(scratches, "scratch-"));
  return {
    name: `Kubernetes ${plane.version}`,
    url,
    person,
    personKubeconfig: plane.kubeconfigFile,
    grounds,
    ...usualPlaces(person),
    lacks: lacksOfRelease(plane.version),
    account: (namespace, name) => accountFiles({ kube: person, namespace, name, url, caPem, directory: scratch() }),
    audit: async () => audit.read(),
    async stopDaemonSetController() {
      // One program holds all controllers; the others are missed too while it is down, as when its machine is.
      await plane.stopComponent("kube-controller-manager");
      return () => plane.startComponent("kube-controller-manager");
    },
    scratch,
    async stop() {
      person.close();
      audit.close();
      await plane.stop();
      rmSync(scratches, { recursive: true, force: true });
    },
  };
}
