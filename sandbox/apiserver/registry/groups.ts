/** The resources of the named API groups. */

import { crdStrategy } from "../crd/crd-strategy.ts";
import { controllerRevisionStrategy, templatedStrategy } from "../strategy/apps.ts";
import { daemonSetStrategy } from "../strategy/daemon-set.ts";
import { eventFromStored, eventStrategy, eventToStored } from "../strategy/event.ts";
import { jobStrategy } from "../strategy/job.ts";
import { cronJobStrategy, leaseStrategy } from "../strategy/plain.ts";
import { bindingStrategy } from "../strategy/rbac.ts";
import { controllerRevisionPrinter, daemonSetPrinter } from "../tables/apps.ts";
import { eventPrinter } from "../tables/events.ts";
import { cronJobPrinter, jobPrinter } from "../tables/jobs.ts";
import {
  bindingPrinter,
  budgetPrinter,
  crdPrinter,
  leasePrinter,
  priorityClassPrinter,
  rolePrinter,
} from "../tables/other.ts";
import { define } from "./define.ts";
import type { ResourceInfo } from "./resource-info.ts";

const apps = { group: "apps", version: "v1" } as const;
const batch = { group: "batch", version: "v1" } as const;
const rbac = { group: "rbac.authorization.k8s.io", version: "v1" } as const;
const workload = { categories: ["all"], status: true, generation: "spec" } as const;
const webhooks = {
  group: "admissionregistration.k8s.io",
  version: "v1",
  namespaced: false,
  categories: ["api-extensions"],
  generation: "spec",
} as const;

export const groupResources: readonly ResourceInfo[] = [
  define({
    ...apps,
    ...workload,
    plural: "daemonsets",
    kind: "DaemonSet",
    shortNames: ["ds"],
    strategy: daemonSetStrategy,
    printer: daemonSetPrinter,
  }),
  define({
    ...apps,
    plural: "controllerrevisions",
    kind: "ControllerRevision",
    strategy: controllerRevisionStrategy,
    printer: controllerRevisionPrinter,
  }),
  define({
    ...apps,
    ...workload,
    plural: "deployments",
    kind: "Deployment",
    shortNames: ["deploy"],
    strategy: templatedStrategy("Deployment"),
  }),
  define({
    ...apps,
    ...workload,
    plural: "replicasets",
    kind: "ReplicaSet",
    shortNames: ["rs"],
    strategy: templatedStrategy("ReplicaSet"),
  }),
  define({
    ...apps,
    ...workload,
    plural: "statefulsets",
    kind: "StatefulSet",
    shortNames: ["sts"],
    strategy: templatedStrategy("StatefulSet"),
  }),
  define({ ...batch, ...workload, plural: "jobs", kind: "Job", strategy: jobStrategy, printer: jobPrinter }),
  define({
    ...batch,
    ...workload,
    plural: "cronjobs",
    kind: "CronJob",
    shortNames: ["cj"],
    strategy: cronJobStrategy,
    printer: cronJobPrinter,
  }),
  define({
    group: "coordination.k8s.io",
    version: "v1",
    plural: "leases",
    kind: "Lease",
    strategy: leaseStrategy,
    printer: leasePrinter,
  }),
  define({
    group: "events.k8s.io",
    version: "v1",
    plural: "events",
    kind: "Event",
    shortNames: ["ev"],
    bucket: "events",
    strategy: eventStrategy,
    printer: eventPrinter,
    convert: { fromStored: eventFromStored, toStored: eventToStored },
  }),
  define({ ...rbac, plural: "roles", kind: "Role", printer: rolePrinter }),
  define({ ...rbac, plural: "rolebindings", kind: "RoleBinding", strategy: bindingStrategy, printer: bindingPrinter }),
  define({ ...rbac, plural: "clusterroles", kind: "ClusterRole", namespaced: false, printer: rolePrinter }),
  define({
    ...rbac,
    plural: "clusterrolebindings",
    kind: "ClusterRoleBinding",
    namespaced: false,
    strategy: bindingStrategy,
    printer: bindingPrinter,
  }),
  define({
    group: "apiextensions.k8s.io",
    version: "v1",
    plural: "customresourcedefinitions",
    kind: "CustomResourceDefinition",
    namespaced: false,
    shortNames: ["crd", "crds"],
    categories: ["api-extensions"],
    status: true,
    generation: "spec",
    strategy: crdStrategy,
    printer: crdPrinter,
  }),
  define({ ...webhooks, plural: "validatingwebhookconfigurations", kind: "ValidatingWebhookConfiguration" }),
  define({ ...webhooks, plural: "mutatingwebhookconfigurations", kind: "MutatingWebhookConfiguration" }),
  define({
    group: "scheduling.k8s.io",
    version: "v1",
    plural: "priorityclasses",
    kind: "PriorityClass",
    namespaced: false,
    shortNames: ["pc"],
    printer: priorityClassPrinter,
  }),
  define({
    group: "policy",
    version: "v1",
    plural: "poddisruptionbudgets",
    kind: "PodDisruptionBudget",
    shortNames: ["pdb"],
    status: true,
    generation: "spec",
    printer: budgetPrinter,
  }),
];

/** Resources that are answered and never stored. */
export interface ReviewInfo {
  group: string;
  version: string;
  plural: string;
  kind: string;
  namespaced: boolean;
}

const authorization = { group: "authorization.k8s.io", version: "v1" } as const;
const authentication = { group: "authentication.k8s.io", version: "v1" } as const;

export const reviews: readonly ReviewInfo[] = [
  { ...authorization, plural: "selfsubjectaccessreviews", kind: "SelfSubjectAccessReview", namespaced: false },
  { ...authorization, plural: "subjectaccessreviews", kind: "SubjectAccessReview", namespaced: false },
  { ...authorization, plural: "localsubjectaccessreviews", kind: "LocalSubjectAccessReview", namespaced: true },
  { ...authorization, plural: "selfsubjectrulesreviews", kind: "SelfSubjectRulesReview", namespaced: false },
  { ...authentication, plural: "tokenreviews", kind: "TokenReview", namespaced: false },
  { ...authentication, plural: "selfsubjectreviews", kind: "SelfSubjectReview", namespaced: false },
];
