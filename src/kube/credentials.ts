/** Finds out which API server to talk to, and as whom. */
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { Credentials } from "./authentication.ts";
import { CredentialsError } from "./authentication.ts";
import { inClusterCredentials } from "./in-cluster.ts";

export type { Credentials } from "./authentication.ts";
export { CredentialsError } from "./authentication.ts";

const defaultDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

export interface CredentialsOptions {
  /** The --kubeconfig flag. */
  kubeconfig?: string;
  /** The --context flag; rules out the pod's own ServiceAccount. */
  context?: string;
  /** The process environment: KUBECONFIG, KUBERNETES_SERVICE_HOST, KUBERNETES_SERVICE_PORT, HOME, OPERARIUS_SERVICEACCOUNT_DIR. */
  env: Record<string, string | undefined>;
  /** Default: OPERARIUS_SERVICEACCOUNT_DIR, else where kubelet mounts it. */
  serviceAccountDirectory?: string;
}

/**
 * In this order: the flag, the variable KUBECONFIG, the pod's ServiceAccount, ~/.kube/config.
 * Rejects with `CredentialsError`; its message names what was looked for.
 */
export async function loadCredentials(options: CredentialsOptions): Promise<Credentials> {
  const { kubeconfig, context, env } = options;
  if (kubeconfig !== undefined) return fromFiles([kubeconfig], context);
  if (env.KUBECONFIG) return fromFiles(await existing(env.KUBECONFIG.split(delimiter)), context);

  const host = env.KUBERNETES_SERVICE_HOST;
  const port = env.KUBERNETES_SERVICE_PORT;
  const directory = options.serviceAccountDirectory ?? (env.OPERARIUS_SERVICEACCOUNT_DIR || defaultDirectory);
  const homeFile = env.HOME ? join(env.HOME, ".kube", "config") : undefined;
  const inPod = host !== undefined && host !== "" && port !== undefined && port !== "" && context === undefined;
  if (inPod && (await exists(join(directory, "token")))) return inClusterCredentials({ host, port, directory });
  if (homeFile !== undefined && (await exists(homeFile))) return fromFiles([homeFile], context);
  // The error of a pod without a token names the file that is missing.
  if (inPod) return inClusterCredentials({ host, port, directory });
  throw new CredentialsError(
    `no Kubernetes configuration found: KUBECONFIG is not set, this is not a pod (KUBERNETES_SERVICE_HOST is not set), and ${
      homeFile === undefined ? "HOME is not set" : `${homeFile} does not exist`
    }. Give a file with --kubeconfig.`,
  );
}

/** kubectl passes over missing files of a KUBECONFIG list; when none is left, the first is reported. */
async function existing(files: string[]): Promise<string[]> {
  const named = files.filter((file) => file !== "");
  const found = await Promise.all(named.map(exists));
  const present = named.filter((_, index) => found[index]);
  return present.length > 0 ? present : named.slice(0, 1);
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    (error: unknown) => !(error instanceof Error && "code" in error && error.code === "ENOENT"),
  );
}

async function fromFiles(files: string[], context: string | undefined): Promise<Credentials> {
  const [first] = files;
  if (first === undefined || first.trim() === "") {
    throw new CredentialsError(
      "the name of the kubeconfig file is empty. Give a file with --kubeconfig or KUBECONFIG.",
    );
  }
  const { kubeconfigCredentials } = await import("./kubeconfig.ts");
  return kubeconfigCredentials({ files, ...(context === undefined ? {} : { context }) });
}
