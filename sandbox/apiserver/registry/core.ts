/** The resources of the core group. */

import { eventStrategy } from "../strategy/event.ts";
import { namespaceStrategy } from "../strategy/namespace.ts";
import { nodeStrategy } from "../strategy/node.ts";
import { configMapStrategy, secretStrategy, serviceStrategy } from "../strategy/plain.ts";
import { podStrategy } from "../strategy/pod.ts";
import {
  configMapPrinter,
  namespacePrinter,
  resourceQuotaPrinter,
  secretPrinter,
  serviceAccountPrinter,
  servicePrinter,
} from "../tables/core.ts";
import { eventPrinter } from "../tables/events.ts";
import { nodePrinter } from "../tables/nodes.ts";
import { podPrinter } from "../tables/pods.ts";
import { define } from "./define.ts";
import type { ResourceInfo } from "./resource-info.ts";

const core = { group: "", version: "v1" } as const;
const createOnly = ["create"] as const;

export const coreResources: readonly ResourceInfo[] = [
  define({
    ...core,
    plural: "namespaces",
    kind: "Namespace",
    namespaced: false,
    shortNames: ["ns"],
    status: true,
    strategy: namespaceStrategy,
    printer: namespacePrinter,
    subresources: [{ name: "finalize", verbs: ["update"] }],
  }),
  define({
    ...core,
    plural: "nodes",
    kind: "Node",
    namespaced: false,
    shortNames: ["no"],
    status: true,
    strategy: nodeStrategy,
    printer: nodePrinter,
  }),
  define({
    ...core,
    plural: "pods",
    kind: "Pod",
    shortNames: ["po"],
    categories: ["all"],
    status: true,
    // Since 1.35.
    generation: "spec",
    returnsDeleted: true,
    strategy: podStrategy,
    printer: podPrinter,
    subresources: [
      { name: "binding", kind: "Binding", verbs: createOnly },
      { name: "eviction", kind: "Eviction", group: "policy", version: "v1", verbs: createOnly },
      { name: "log", verbs: ["get"] },
    ],
  }),
  define({
    ...core,
    plural: "events",
    kind: "Event",
    shortNames: ["ev"],
    strategy: eventStrategy,
    printer: eventPrinter,
  }),
  define({
    ...core,
    plural: "configmaps",
    kind: "ConfigMap",
    shortNames: ["cm"],
    strategy: configMapStrategy,
    printer: configMapPrinter,
  }),
  define({ ...core, plural: "secrets", kind: "Secret", strategy: secretStrategy, printer: secretPrinter }),
  define({
    ...core,
    plural: "serviceaccounts",
    kind: "ServiceAccount",
    shortNames: ["sa"],
    returnsDeleted: true,
    printer: serviceAccountPrinter,
    subresources: [
      { name: "token", kind: "TokenRequest", group: "authentication.k8s.io", version: "v1", verbs: createOnly },
    ],
  }),
  define({
    ...core,
    plural: "services",
    kind: "Service",
    shortNames: ["svc"],
    categories: ["all"],
    status: true,
    returnsDeleted: true,
    strategy: serviceStrategy,
    printer: servicePrinter,
  }),
  define({
    ...core,
    plural: "endpoints",
    kind: "Endpoints",
    singular: "endpoints",
    listKind: "EndpointsList",
    shortNames: ["ep"],
  }),
  define({
    ...core,
    plural: "resourcequotas",
    kind: "ResourceQuota",
    shortNames: ["quota"],
    status: true,
    returnsDeleted: true,
    printer: resourceQuotaPrinter,
  }),
  define({ ...core, plural: "limitranges", kind: "LimitRange", shortNames: ["limits"] }),
  define({
    ...core,
    plural: "persistentvolumeclaims",
    kind: "PersistentVolumeClaim",
    shortNames: ["pvc"],
    status: true,
    returnsDeleted: true,
  }),
];
