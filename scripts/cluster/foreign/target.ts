/** A cluster that belongs to the user, by their kubeconfig. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { createKube } from "../../../src/kube/client.ts";
import type { Credentials } from "../../../src/kube/credentials.ts";
import { CredentialsError, loadCredentials } from "../../../src/kube/credentials.ts";
import { StatusError } from "../../../src/kube/errors.ts";
import { nodes } from "../../../src/kube/resources.ts";
import type { Kube } from "../../../src/kube/types.ts";
import { ClusterProblem, wordsOf } from "../problem.ts";

export interface TargetOptions {
  kubeconfig: string;
  /** Instead of the file's current one. */
  context?: string;
}

export interface Target extends Required<TargetOptions> {
  server: string;
  /** gitVersion, for example "v1.35.4". */
  version: string;
  /** How many it has, ours included. */
  nodeCount: number;
  credentials: Credentials;
  /** Acts as the user of the context; its writes carry kubectl's field manager, as a person's do. */
  kube: Kube;
}

const timeoutMs = 10_000;

/** Asks the cluster for its version and its nodes; nothing is written. Errors: `ClusterProblem`. */
export async function openTarget(options: TargetOptions): Promise<Target> {
  const { kubeconfig } = options;
  const credentials = await loadCredentials({ ...options, env: {} }).catch((error: unknown) => {
    if (error instanceof CredentialsError) throw new ClusterProblem(error.message);
    throw error;
  });
  const context = options.context ?? currentContext(kubeconfig);
  const kube = createKube(credentials, { userAgent: "kubectl/v1.33.0 (operarius tests)", fieldManager: "kubectl" });
  const { server } = credentials;
  try {
    const { gitVersion: version } = (await kube.raw("/version", { timeoutMs })) as { gitVersion: string };
    const { items } = await kube.list(nodes, { timeoutMs });
    return { kubeconfig, context, server, version, nodeCount: items.length, credentials, kube };
  } catch (error) {
    kube.close();
    throw problemOf(error, { context, server, kubeconfig });
  }
}

function problemOf(error: unknown, where: { context: string; server: string; kubeconfig: string }): ClusterProblem {
  const { context, server, kubeconfig } = where;
  const cluster = `the cluster of context ${context} in ${kubeconfig} (${server})`;
  if (error instanceof StatusError) {
    return new ClusterProblem(`${cluster} refuses these credentials: ${error.message} (${error.code}).`);
  }
  return new ClusterProblem(`${cluster} cannot be reached: ${wordsOf(error)}.`);
}

function currentContext(kubeconfig: string): string {
  const { "current-context": context } = parse(readFileSync(kubeconfig, "utf8")) as { "current-context"?: string };
  return context ?? "";
}
