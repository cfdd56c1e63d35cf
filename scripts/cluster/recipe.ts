/** What is built, from what: read from the pinned Go module. Pure. */
import { createHash } from "node:crypto";
import { ClusterProblem } from "./problem.ts";

/** Go package of each program that can be built. */
export const packages = {
  etcd: "go.etcd.io/etcd/server/v3",
  "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
  "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
  "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
  kubectl: "k8s.io/kubernetes/cmd/kubectl",
  kubelet: "k8s.io/kubernetes/cmd/kubelet",
} as const;

export type Program = keyof typeof packages;

/** What a control plane needs, in the order in which it is built. */
export const controlPlanePrograms = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubectl",
] as const satisfies readonly Program[];

export interface Recipe {
  /** Of Kubernetes, for example "v1.35.4". */
  version: string;
  /** The oldest Go that the module asks for, for example "1.25.0". */
  go: string;
  flags: string[];
  /** Changes whenever something that was built before must be built again. */
  fingerprint: string;
}

/** Errors: `ClusterProblem` when go.mod does not pin Kubernetes. */
export function recipeOf(goMod: string, goSum: string): Recipe {
  const version = /^(?:require )?\s*k8s\.io\/kubernetes (v\d+\.\d+\.\d+)(?: \/\/ indirect)?$/m.exec(goMod)?.[1];
  const go = /^go (\d+\.\d+(?:\.\d+)?)$/m.exec(goMod)?.[1];
  if (version === undefined || go === undefined) {
    throw new ClusterProblem("scripts/cluster/build/go.mod pins no release of k8s.io/kubernetes, or no go version.");
  }
  const flags = ["-trimpath", "-ldflags", ["-s", "-w", ...versionFlags(version)].join(" ")];
  const fingerprint = createHash("sha256")
    .update([goMod, goSum, ...flags].join("\0"))
    .digest("hex")
    .slice(0, 16);
  return { version, go, flags, fingerprint };
}

/** Without these the programs call themselves v0.0.0-master, and clients that ask for the version are misled. */
function versionFlags(version: string): string[] {
  const [major = "", minor = ""] = version.slice(1).split(".");
  const values = { gitVersion: version, gitMajor: major, gitMinor: minor, gitTreeState: "clean" };
  return ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].flatMap((place) =>
    Object.entries(values).map(([name, value]) => `-X ${place}.${name}=${value}`),
  );
}
