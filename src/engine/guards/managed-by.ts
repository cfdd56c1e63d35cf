/** Managed by others: a template that somebody else writes is theirs; a write of ours would be reverted or fought over. */
import type { GuardFacts } from "../types.ts";
import type { Guard } from "./guard.ts";
import { pass, writesTemplate } from "./guard.ts";

/** Interactive kubectl (kubectl-edit, kubectl-set, kubectl-client-side-apply, ...) and this program. */
const OURS = /^(kubectl(-[a-z-]+)?|operarius)$/;

/** Markers that deployment tools leave on what they own. */
const MARKERS: readonly { key: RegExp; owner: string; change: string }[] = [
  { key: /^argocd\.argoproj\.io\//, owner: "Argo CD", change: "the Application's source in Git" },
  { key: /^kustomize\.toolkit\.fluxcd\.io\//, owner: "Flux", change: "the Kustomization's source in Git" },
  { key: /^helm\.toolkit\.fluxcd\.io\//, owner: "Flux", change: "the HelmRelease" },
  { key: /^meta\.helm\.sh\//, owner: "Helm", change: "the release (helm rollback)" },
  { key: /^(objectset\.rio\.cattle\.io|fleet\.cattle\.io)\//, owner: "Fleet", change: "the Fleet bundle's source" },
  { key: /^kapp\.k14s\.io\//, owner: "kapp", change: "the kapp app" },
  { key: /^addonmanager\.kubernetes\.io\//, owner: "the add-on manager", change: "the cluster's add-on configuration" },
];

/** Who else manages the template, and what to change there; undefined = nobody besides kubectl. */
export function ownerOf({
  annotations,
  labels,
  controller,
  templateManagers,
}: Pick<GuardFacts, "annotations" | "labels" | "controller" | "templateManagers">):
  | { owner: string; change: string }
  | undefined {
  if (controller) return { owner: controller, change: `the ${controller.split("/")[0]} that controls it` };
  const keys = [...Object.keys(annotations), ...Object.keys(labels)];
  const marker = MARKERS.find(({ key }) => keys.some((present) => key.test(present)));
  if (marker) return marker;
  const managedBy = labels["app.kubernetes.io/managed-by"];
  if (managedBy && !/^kubectl$/i.test(managedBy)) return { owner: managedBy, change: `what ${managedBy} deploys` };
  const other = templateManagers.find((manager) => !OURS.test(manager));
  return other === undefined
    ? undefined
    : { owner: `field manager ${JSON.stringify(other)}`, change: `what ${other || "it"} applies` };
}

export const managedBy: Guard = {
  name: "ManagedByOthers",
  judge({ plan, facts }) {
    if (!writesTemplate(plan)) return pass;
    const found = ownerOf(facts);
    if (found) {
      return {
        kind: "veto",
        reason: "ManagedByOthers",
        message: `The template is managed by ${found.owner}; change ${found.change} instead, a write here would be undone.`,
      };
    }
    return facts.templateManagers.length === 0
      ? {
          kind: "veto",
          reason: "ManagerUnknown",
          message: "The target's managedFields do not say who owns the template, so it is left alone.",
        }
      : pass;
  },
};
