/** What a new cluster contains: namespaces, default ServiceAccounts, priority classes, our CRDs. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  [field: string]: unknown;
}

const namespaces = ["default", "kube-system", "kube-public", "kube-node-lease"];

const priorities = [
  {
    name: "system-cluster-critical",
    value: 2_000_000_000,
    description:
      "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
  },
  {
    name: "system-node-critical",
    value: 2_000_001_000,
    description: "Used for system critical pods that must not be moved from their current node.",
  },
];

/** The objects that every cluster has, in an order in which they can be created. */
export function baseObjects(): Manifest[] {
  return [
    ...namespaces.map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
    ...namespaces.map((namespace) => ({
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "default", namespace },
    })),
    ...priorities.map(({ name, ...rest }) => ({
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      metadata: { name },
      ...rest,
    })),
  ];
}

function isManifest(value: unknown): value is Manifest {
  return typeof value === "object" && value !== null && "kind" in value && "apiVersion" in value && "metadata" in value;
}

/** All objects of a YAML file. Errors: names the file and the place that cannot be read. */
export function readManifests(file: string): Manifest[] {
  return parseAllDocuments(readFileSync(file, "utf8")).flatMap((document) => {
    const problem = document.errors[0];
    if (problem !== undefined) throw new Error(`${file}: ${problem.message}`);
    const value: unknown = document.toJS();
    return isManifest(value) ? [value] : [];
  });
}

function list(directory: string): string[] | undefined {
  try {
    return readdirSync(directory).sort();
  } catch {
    return undefined;
  }
}

/** The package's folder: the nearest one above this file that has deploy/crds. Holds in a checkout and in the bundle. */
export function packageRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (list(join(directory, "deploy", "crds")) === undefined) {
    const parent = dirname(directory);
    if (parent === directory)
      throw new Error("deploy/crds was not found above the program; the installation is not complete");
    directory = parent;
  }
  return directory;
}

/** The CustomResourceDefinitions that Operarius needs. */
export function crds(): Manifest[] {
  const directory = join(packageRoot(), "deploy", "crds");
  const files = (list(directory) ?? []).filter((name) => /\.ya?ml$/.test(name) && !name.startsWith("kustomization"));
  return files.flatMap((name) => readManifests(join(directory, name)));
}
