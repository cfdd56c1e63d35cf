/** `npm run cluster -- status --kubeconfig FILE`: what that cluster is, and what of ours is in it. */
import { findMarked, wordsOfRemainder } from "./remains.ts";
import type { TargetOptions } from "./target.ts";
import { openTarget } from "./target.ts";

/** Lines for the user; nothing is written. Errors: `ClusterProblem`. */
export async function statusOf(options: TargetOptions): Promise<string[]> {
  const { kube, context, server, version, nodeCount } = await openTarget(options);
  try {
    const remains = await findMarked(kube);
    const ours = remains.length === 0 ? "nothing" : remains.map(wordsOfRemainder).join(", ");
    return [`context ${context}, server ${server}, Kubernetes ${version}, ${nodeCount} nodes`, `of our tests: ${ours}`];
  } finally {
    kube.close();
  }
}
