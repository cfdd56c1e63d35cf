/** Who else writes a target's template, as exactly as its markers and managedFields tell (pure). */
import type { GuardFacts } from "../types.ts";

export interface Owner {
  /** "Argo CD Application shop", "Helm release agent in namespace logging". */
  name: string;
  /** What to change there, as a clause: "the Application's source in Git". */
  change: string;
  /** What a person runs there; "" where no command is known. */
  command: string;
}

export type OwnerFacts = Pick<
  GuardFacts,
  "annotations" | "labels" | "controller" | "templateManagers" | "namespace" | "name"
>;

/** Interactive kubectl (kubectl-edit, kubectl-set, kubectl-client-side-apply, ...) and this program. */
const OURS = /^(kubectl(-[a-z-]+)?|operarius)$/;

type Marks = Readonly<Record<string, string>>;

interface Tool {
  /** Keys of labels or annotations that it leaves on what it owns. */
  key: RegExp;
  /** Its names in managedFields. */
  manager: RegExp;
  owner(marks: Marks, facts: OwnerFacts): Owner;
}

function quoted(value: string | undefined): string {
  return value ? ` ${value}` : "";
}

function inNamespace(namespace: string | undefined): string {
  return namespace ? ` in namespace ${namespace}` : "";
}

/** argocd.argoproj.io/tracking-id is "app:group/Kind:namespace/name"; an application outside of Argo's namespace is "namespace_app". */
function argoApplication(marks: Marks): string {
  const tracked = marks["argocd.argoproj.io/tracking-id"]?.split(":")[0];
  return tracked || marks["argocd.argoproj.io/instance"] || marks["app.kubernetes.io/instance"] || "";
}

function argo(marks: Marks): Owner {
  const app = argoApplication(marks).replace("_", "/");
  return {
    name: `Argo CD${app ? ` Application ${app}` : ""}`,
    change: "the Application's source in Git",
    command: app ? `argocd app sync ${app}` : "",
  };
}

/** Flux labels what it applies with the name and namespace of its own object. */
function flux(group: "kustomize" | "helm", kind: string): (marks: Marks) => Owner {
  return (marks) => {
    const name = marks[`${group}.toolkit.fluxcd.io/name`];
    const namespace = marks[`${group}.toolkit.fluxcd.io/namespace`];
    const reconcile = `flux reconcile ${kind.toLowerCase()} ${name}${namespace ? ` -n ${namespace}` : ""} --with-source`;
    return {
      name: `Flux ${kind}${quoted(name)}${inNamespace(namespace)}`,
      change: group === "helm" ? "the HelmRelease's values or chart in Git" : "the Kustomization's source in Git",
      command: name ? reconcile : "",
    };
  };
}

function helm(marks: Marks, facts: OwnerFacts): Owner {
  const name = marks["meta.helm.sh/release-name"];
  const namespace = marks["meta.helm.sh/release-namespace"] ?? facts.namespace;
  return {
    name: `Helm release${quoted(name)}${name ? inNamespace(namespace) : ""}`,
    change: "the release's values or chart (helm upgrade, or helm rollback to a revision of helm history)",
    command: name ? `helm history ${name} -n ${namespace}` : "",
  };
}

/** Wrangler's apply marks for Fleet, Rancher and k3s alike; the kind of the owner tells which. */
function wrangler(marks: Marks): Owner {
  const kind = /Kind=(\w+)/.exec(marks["objectset.rio.cattle.io/owner-gvk"] ?? "")?.[1];
  const name = marks["objectset.rio.cattle.io/owner-name"];
  const namespace = marks["objectset.rio.cattle.io/owner-namespace"];
  const named = `${quoted(kind)}${quoted(name)}${inNamespace(namespace)}`;
  const get =
    kind && name ? `kubectl get ${kind.toLowerCase()} ${name}${namespace ? ` -n ${namespace}` : ""} -o yaml` : "";
  return kind === "Addon"
    ? { name: `the k3s add-on${quoted(name)}`, change: "its manifest on the k3s servers", command: get }
    : { name: `Fleet${named}`, change: "the Fleet bundle's source in Git", command: get };
}

function plain(name: string, change: string, command = ""): () => Owner {
  return () => ({ name, change, command });
}

const NEVER = /(?!)/;

/** In the order in which they are asked: Flux's Helm objects carry Helm's marks as well. */
const TOOLS: readonly Tool[] = [
  { key: /^argocd\.argoproj\.io\//, manager: /^argocd(-|$)/, owner: argo },
  {
    key: /^kustomize\.toolkit\.fluxcd\.io\//,
    manager: /^kustomize-controller$/,
    owner: flux("kustomize", "Kustomization"),
  },
  { key: /^helm\.toolkit\.fluxcd\.io\//, manager: /^helm-controller$/, owner: flux("helm", "HelmRelease") },
  { key: /^meta\.helm\.sh\//, manager: /^helm$/, owner: helm },
  { key: /^(objectset\.rio\.cattle\.io|fleet\.cattle\.io)\//, manager: /^(fleet-?agent|deploy@.*)$/, owner: wrangler },
  { key: /^kapp\.k14s\.io\//, manager: /^kapp(-server)?$/, owner: plain("kapp", "the kapp app", "kapp ls -A") },
  {
    key: /^addonmanager\.kubernetes\.io\//,
    manager: NEVER,
    owner: plain("the add-on manager", "the cluster's add-on configuration"),
  },
  {
    key: /^olm\.owner$/,
    manager: NEVER,
    owner: (marks) => ({
      name: `OLM operator${quoted(marks["olm.owner"])}`,
      change: "the operator's own resource or Subscription",
      command: "",
    }),
  },
  { key: NEVER, manager: /^eks$/, owner: plain("the Amazon EKS add-on", "the add-on's version or configuration") },
  {
    key: /^(kubernetes\.azure\.com\/managedby|components\.gke\.io\/.*)$/,
    manager: NEVER,
    owner: plain("the cloud provider", "the cluster's add-on configuration"),
  },
];

function controllerOwner({ controller, namespace }: OwnerFacts): Owner {
  const [kind = "", name = ""] = controller.split("/");
  return {
    name: controller,
    change: `the ${kind} that controls it`,
    command: `kubectl edit ${kind.toLowerCase()} ${name} -n ${namespace}`,
  };
}

/** The owner besides interactive kubectl and ourselves; undefined when nothing shows one. */
export function ownerOf(facts: OwnerFacts): Owner | undefined {
  const { annotations, labels, controller, templateManagers } = facts;
  if (controller) return controllerOwner(facts);
  const marks = { ...labels, ...annotations };
  const keys = Object.keys(marks);
  const managedBy = labels["app.kubernetes.io/managed-by"];
  const marked = TOOLS.find(({ key }) => keys.some((present) => key.test(present)));
  if (marked) return marked.owner(marks, facts);
  if (managedBy === "Helm") return helm(marks, facts);
  const others = templateManagers.filter((manager) => !OURS.test(manager));
  const applied = TOOLS.find(({ manager }) => others.some((other) => manager.test(other)));
  if (applied) return applied.owner(marks, facts);
  if (managedBy && !/^kubectl$/i.test(managedBy))
    return { name: managedBy, change: `what ${managedBy} deploys`, command: "" };
  const [other] = others;
  return other === undefined
    ? undefined
    : { name: `field manager ${JSON.stringify(other)}`, change: `what ${other || "it"} applies`, command: "" };
}

/** One sentence: who, what to change there, and with which command. */
export function ownerSentence({ name, change, command }: Owner): string {
  const then = command ? ` Then: ${command}` : "";
  return `The template is managed by ${name}; change ${change} instead, a write here would be undone.${then}`;
}
