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

  it.each<[string, Partial<OwnerFacts>, string]>([
    ["argocd", { templateManagers: ["argocd"] }, "Argo CD"],
    ["argocd's server", { templateManagers: ["argocd-server"] }, "Argo CD"],
    ["helm's field manager", { templateManagers: ["helm"] }, "Helm release"],
    ["Flux's helm-controller", { templateManagers: ["helm-controller"] }, "Flux HelmRelease"],
    ["Fleet's agent", { templateManagers: ["fleetagent"] }, "Fleet"],
    ["Fleet's agent, newer", { templateManagers: ["fleet-agent"] }, "Fleet"],
    ["k3s's deploy controller", { templateManagers: ["deploy@server-1"] }, "Fleet"],
    ["Fleet's own label", { labels: { "fleet.cattle.io/bundle-id": "x" } }, "Fleet"],
    ["kapp", { templateManagers: ["kapp"] }, "kapp"],
    ["kapp's server side", { templateManagers: ["kapp-server"] }, "kapp"],
    ["GKE", { labels: { "components.gke.io/component-name": "x" } }, "the cloud provider"],
    // Names that only resemble those of the tools are taken as they are.
    ["myargocd", { templateManagers: ["myargocd"] }, 'field manager "myargocd"'],
    ["argocdx", { templateManagers: ["argocdx"] }, 'field manager "argocdx"'],
    [
      "kustomize-controller-2",
      { templateManagers: ["kustomize-controller-2"] },
      'field manager "kustomize-controller-2"',
    ],
    [
      "my-kustomize-controller",
      { templateManagers: ["my-kustomize-controller"] },
      'field manager "my-kustomize-controller"',
    ],
    ["helm-controller-2", { templateManagers: ["helm-controller-2"] }, 'field manager "helm-controller-2"'],
    ["my-helm-controller", { templateManagers: ["my-helm-controller"] }, 'field manager "my-helm-controller"'],
    ["helmfile", { templateManagers: ["helmfile"] }, 'field manager "helmfile"'],
    ["myhelm", { templateManagers: ["myhelm"] }, 'field manager "myhelm"'],
    ["fleetagent2", { templateManagers: ["fleetagent2"] }, 'field manager "fleetagent2"'],
    ["my-fleetagent", { templateManagers: ["my-fleetagent"] }, 'field manager "my-fleetagent"'],
    ["redeploy@x", { templateManagers: ["redeploy@x"] }, 'field manager "redeploy@x"'],
    ["kapp-controller", { templateManagers: ["kapp-controller"] }, 'field manager "kapp-controller"'],
    ["mykapp", { templateManagers: ["mykapp"] }, 'field manager "mykapp"'],
    ["eksctl", { templateManagers: ["eksctl"] }, 'field manager "eksctl"'],
    ["my-eks", { templateManagers: ["my-eks"] }, 'field manager "my-eks"'],
    ["kubectl2", { templateManagers: ["kubectl2"] }, 'field manager "kubectl2"'],
    ["my-kubectl", { templateManagers: ["my-kubectl"] }, 'field manager "my-kubectl"'],
    ["kubectl-2", { templateManagers: ["kubectl-2"] }, 'field manager "kubectl-2"'],
    ["operarius2", { templateManagers: ["operarius2"] }, 'field manager "operarius2"'],
    ["a wrapper of kubectl by its label", { labels: { "app.kubernetes.io/managed-by": "kubectl-x" } }, "kubectl-x"],
    ["another wrapper", { labels: { "app.kubernetes.io/managed-by": "my-kubectl" } }, "my-kubectl"],
  ])("by its name: %s", (_name, overrides, name) => {
    expect(ownerOf(facts(overrides))?.name).toBe(name);
  });

  it.each<[string, Record<string, string>]>([
    ["Argo CD", { "x-argocd.argoproj.io/instance": "x" }],
    ["Flux, kustomize", { "x-kustomize.toolkit.fluxcd.io/name": "x" }],
    ["Flux, helm", { "x-helm.toolkit.fluxcd.io/name": "x" }],
    ["Helm", { "x-meta.helm.sh/release-name": "x" }],
    ["Fleet", { "x-fleet.cattle.io/id": "x" }],
    ["kapp", { "x-kapp.k14s.io/app": "x" }],
    ["the add-on manager", { "x-addonmanager.kubernetes.io/mode": "x" }],
    ["OLM", { "x-olm.owner": "x", "olm.owner.kind": "x" }],
    ["a cloud", { "x-components.gke.io/x": "x", "kubernetes.azure.com/managedby-x": "x" }],
  ])("a key that only resembles one of %s is no mark", (_name, labels) => {
    expect(ownerOf(facts({ labels }))).toBeUndefined();
  });

  it.each<[string, Partial<OwnerFacts>, object]>([
    [
      "a tracking id comes before the labels, an own label before the common one",
      {
        annotations: { "argocd.argoproj.io/tracking-id": ":x" },
        labels: { "argocd.argoproj.io/instance": "own", "app.kubernetes.io/instance": "common" },
      },
      { name: "Argo CD Application own", change: "the Application's source in Git", command: "argocd app sync own" },
    ],
    [
      "a Kustomization without a namespace",
      { labels: { "kustomize.toolkit.fluxcd.io/name": "infra" } },
      {
        name: "Flux Kustomization infra",
        change: "the Kustomization's source in Git",
        command: "flux reconcile kustomization infra --with-source",
      },
    ],
    [
      "a HelmRelease without a name",
      { labels: { "helm.toolkit.fluxcd.io/namespace": "logging" } },
      {
        name: "Flux HelmRelease in namespace logging",
        change: "the HelmRelease's values or chart in Git",
        command: "",
      },
    ],
    [
      "a bundle without a namespace",
      {
        annotations: {
          "objectset.rio.cattle.io/owner-gvk": "fleet.cattle.io/v1alpha1, Kind=Bundle",
          "objectset.rio.cattle.io/owner-name": "infra",
        },
      },
      {
        name: "Fleet Bundle infra",
        change: "the Fleet bundle's source in Git",
        command: "kubectl get bundle infra -o yaml",
      },
    ],
    [
      "an owner without a kind",
      { annotations: { "objectset.rio.cattle.io/owner-name": "infra" } },
      { name: "Fleet infra", change: "the Fleet bundle's source in Git", command: "" },
    ],
    [
      "an owner without a name",
      { annotations: { "objectset.rio.cattle.io/owner-gvk": "x, Kind=Addon" } },
      { name: "the k3s add-on", change: "its manifest on the k3s servers", command: "" },
    ],
    [
      "an annotation counts before a label of the same key",
      { labels: { "meta.helm.sh/release-name": "label" }, annotations: { "meta.helm.sh/release-name": "own" } },
      {
        name: "Helm release own in namespace kube-system",
        change: "the release's values or chart (helm upgrade, or helm rollback to a revision of helm history)",
        command: "helm history own -n kube-system",
      },
    ],
    [
      "a controller",
      { controller: "AgentStack/prod" },
      {
        name: "AgentStack/prod",
        change: "the AgentStack that controls it",
        command: "kubectl edit agentstack prod -n kube-system",
      },
    ],
    [
      "a label that names a tool counts after its field manager",
      { labels: { "app.kubernetes.io/managed-by": "my-operator" }, templateManagers: ["eks"] },
      { name: "the Amazon EKS add-on", change: "the add-on's version or configuration", command: "" },
    ],
    [
      "a field manager of no tool",
      { templateManagers: ["kubectl", "ci-bot", "other"] },
      { name: 'field manager "ci-bot"', change: "what ci-bot applies", command: "" },
    ],
    [
      "a nameless one",
      { templateManagers: [""] },
      { name: 'field manager ""', change: "what it applies", command: "" },
    ],
  ])("in full: %s", (_name, overrides, want) => {
    expect(ownerOf(facts(overrides))).toEqual(want);
  });

  it.each<[string, Partial<OwnerFacts>]>([
    ["kubectl", {}],
    ["kubectl, as some write it", { labels: { "app.kubernetes.io/managed-by": "Kubectl" } }],
    ["ourselves", { templateManagers: ["operarius", "kubectl-rollout"] }],
    ["kubectl by its label", { labels: { "app.kubernetes.io/managed-by": "kubectl" } }],
    ["an instance label alone, which charts set by habit", { labels: { "app.kubernetes.io/instance": "shop" } }],
    ["nobody", { templateManagers: [] }],
  ])("nobody else: %s", (_name, overrides) => {
    expect(ownerOf(facts(overrides))).toBeUndefined();
  });

  it("as one sentence without a command where none is known", () => {
    expect(ownerSentence({ name: "my-operator", change: "what it deploys", command: "" })).toBe(
      "The template is managed by my-operator; change what it deploys instead, a write here would be undone.",
    );
  });

  it("as one sentence", () => {
    const owner = ownerOf(facts(tracking("shop:apps/DaemonSet:kube-system/agent")));
    expect(owner && ownerSentence(owner)).toBe(
      "The template is managed by Argo CD Application shop; change the Application's source in Git instead, a write here would be undone. Then: argocd app sync shop",
    );
  });
});
