/** What a user applies, by kubectl: the shipped manifests as they are. */
import { join } from "node:path";
import { operariusFolder } from "../e2e/chain.ts";
import type { NodeCluster } from "./cluster.ts";

/** Where the server and its Jobs are. */
export const installation = "openfero";

/** How the audit log calls the server. */
export const serverUser = `system:serviceaccount:${installation}:operarius`;

/** Resolves when the server's pod is ready. */
export async function install({ root, kubectl }: NodeCluster): Promise<void> {
  await kubectl(["apply", "--server-side", "-f", join(root, "deploy", "crds")]);
  await kubectl(["apply", "-k", join(root, "deploy", "kustomize")]);
  await kubectl(["apply", "-k", join(root, operariusFolder)]);
  const server = ["deployment/operarius", "-n", installation];
  await kubectl(["rollout", "status", ...server, "--timeout=120s"]);
  // The shipped server takes its time: it looks twice, half a minute apart, and pods have minutes to start.
  const pace = [{ op: "replace", path: "/spec/template/spec/containers/0/args", value: ["serve", "--pace", "fast"] }];
  await kubectl(["patch", ...server, "--type=json", "-p", JSON.stringify(pace)]);
  await kubectl(["rollout", "status", ...server, "--timeout=120s"]);
}
