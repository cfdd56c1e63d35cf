import { describe, expect, it } from "vitest";
import type { OwnerFacts } from "./owner.ts";
import { ownerOf, ownerSentence } from "./owner.ts";

function facts(overrides: Partial<OwnerFacts> = {}): OwnerFacts {
  return {
    namespace: "kube-system",
    name: "agent",
    annotations: {},
    labels: {},
    controller: "",
    templateManagers: ["kubectl-edit"],
    ...overrides,
  };
}

const tracking = (id: string) => ({ annotations: { "argocd.argoproj.io/tracking-id": id } });

describe("ownerOf", () => {
  it.each<[string, Partial<OwnerFacts>, string, string]>([
    [
      "Argo CD by its tracking id",
      tracking("shop:apps/DaemonSet:kube-system/agent"),
      "Argo CD Application shop",
      "argocd app sync shop",
    ],
    [
      "an application of another namespace",
      tracking("team-a_shop:apps/DaemonSet:kube-system/agent"),
      "Argo CD Application team-a/shop",
      "argocd app sync team-a/shop",
    ],
    [
      "Argo CD by its label",
      { labels: { "argocd.argoproj.io/instance": "shop" } },
      "Argo CD Application shop",
      "argocd app sync shop",
    ],
    [
      "Argo CD by its common label and its field manager",
      { labels: { "app.kubernetes.io/instance": "shop" }, templateManagers: ["argocd-controller"] },
      "Argo CD Application shop",
      "argocd app sync shop",
    ],
    ["Argo CD without a name", { annotations: { "argocd.argoproj.io/sync-wave": "1" } }, "Argo CD", ""],
    [
      "a Kustomization",
      {
        labels: { "kustomize.toolkit.fluxcd.io/name": "infra", "kustomize.toolkit.fluxcd.io/namespace": "flux-system" },
      },
      "Flux Kustomization infra in namespace flux-system",
      "flux reconcile kustomization infra -n flux-system --with-source",
    ],
    [
      "a HelmRelease, not the Helm release it makes",
      {
        labels: {
          "helm.toolkit.fluxcd.io/name": "agent",
          "helm.toolkit.fluxcd.io/namespace": "logging",
          "app.kubernetes.io/managed-by": "Helm",
        },
        annotations: { "meta.helm.sh/release-name": "logging-agent" },
      },
      "Flux HelmRelease agent in namespace logging",
      "flux reconcile helmrelease agent -n logging --with-source",
    ],
    ["Flux by its field manager only", { templateManagers: ["kustomize-controller"] }, "Flux Kustomization", ""],
    [
      "a Helm release",
      { annotations: { "meta.helm.sh/release-name": "agent", "meta.helm.sh/release-namespace": "logging" } },
      "Helm release agent in namespace logging",
      "helm history agent -n logging",
    ],
    [
      "a Helm release of the target's own namespace",
      { annotations: { "meta.helm.sh/release-name": "agent" } },
      "Helm release agent in namespace kube-system",
      "helm history agent -n kube-system",
    ],
    ["Helm by its label only", { labels: { "app.kubernetes.io/managed-by": "Helm" } }, "Helm release", ""],
    [
      "a Fleet bundle",
      {
        annotations: {
          "objectset.rio.cattle.io/owner-gvk": "fleet.cattle.io/v1alpha1, Kind=Bundle",
          "objectset.rio.cattle.io/owner-name": "infra",
          "objectset.rio.cattle.io/owner-namespace": "fleet-local",
        },
      },
      "Fleet Bundle infra in namespace fleet-local",
      "kubectl get bundle infra -n fleet-local -o yaml",
    ],
    [
      "an add-on of k3s, which uses the same marks",
      {
        annotations: {
          "objectset.rio.cattle.io/owner-gvk": "k3s.cattle.io/v1, Kind=Addon",
          "objectset.rio.cattle.io/owner-name": "svclb",
          "objectset.rio.cattle.io/owner-namespace": "kube-system",
        },
      },
      "the k3s add-on svclb",
      "kubectl get addon svclb -n kube-system -o yaml",
    ],
    ["kapp", { labels: { "kapp.k14s.io/app": "1700000000" } }, "kapp", "kapp ls -A"],
    ["OLM", { labels: { "olm.owner": "agents.v1.2.3" } }, "OLM operator agents.v1.2.3", ""],
    ["an EKS add-on", { templateManagers: ["eks"] }, "the Amazon EKS add-on", ""],
    ["AKS", { labels: { "kubernetes.azure.com/managedby": "aks" } }, "the cloud provider", ""],
    [
      "an operator",
      { controller: "AgentStack/prod" },
      "AgentStack/prod",
      "kubectl edit agentstack prod -n kube-system",
    ],
    [
      "the operator comes before every mark",
      { controller: "AgentStack/prod", ...tracking("shop:apps/DaemonSet:kube-system/agent") },
      "AgentStack/prod",
      "kubectl edit agentstack prod -n kube-system",
    ],
    ["a tool named by its label", { labels: { "app.kubernetes.io/managed-by": "my-operator" } }, "my-operator", ""],
    ["a field manager", { templateManagers: ["kubectl-edit", "ci-bot"] }, 'field manager "ci-bot"', ""],
  ])("%s", (_name, overrides, name, command) => {
    expect(ownerOf(facts(overrides))).toMatchObject({ name, command, change: expect.stringMatching(/\w/) });
  });

  it.each<[string, Partial<OwnerFacts>]>([
    ["kubectl", {}],
    ["ourselves", { templateManagers: ["operarius", "kubectl-rollout"] }],
    ["kubectl by its label", { labels: { "app.kubernetes.io/managed-by": "kubectl" } }],
    ["an instance label alone, which charts set by habit", { labels: { "app.kubernetes.io/instance": "shop" } }],
    ["nobody", { templateManagers: [] }],
  ])("nobody else: %s", (_name, overrides) => {
    expect(ownerOf(facts(overrides))).toBeUndefined();
  });

  it("as one sentence", () => {
    const owner = ownerOf(facts(tracking("shop:apps/DaemonSet:kube-system/agent")));
    expect(owner && ownerSentence(owner)).toBe(
      "The template is managed by Argo CD Application shop; change the Application's source in Git instead, a write here would be undone. Then: argocd app sync shop",
    );
  });
});
