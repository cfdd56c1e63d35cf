/** What the server knows of one served resource, built in or from a CustomResourceDefinition. */
import type { KubeObject } from "../object.ts";
import type { Cause } from "../status.ts";
import type { TablePrinter } from "../tables/printer.ts";

/** The rules of one kind. Every hook is pure apart from changing the object it is given. */
export interface Strategy {
  /** Fills in defaults, in place, on every write. */
  defaults?: (object: KubeObject) => void;
  /** Takes out, in place, what the kind does not have; before everything else, on every write. */
  prune?: (object: KubeObject) => void;
  /** Paths of fields that the kind does not have, for kinds whose fields only the strategy knows. */
  unknownFields?: (body: Record<string, unknown>) => string[];
  /** Before the first store: fields that the server itself decides. */
  prepareCreate?: (object: KubeObject) => void;
  /** Before an update is stored: `next` already has its old status. */
  prepareUpdate?: (next: KubeObject, old: KubeObject) => void;
  validate?: (object: KubeObject) => Cause[];
  /** Rules that are asked last; `old` is undefined for a new object, `found` is what is wrong already. */
  rules?: (next: KubeObject, old: KubeObject | undefined, found: readonly Cause[]) => Cause[];
  validateUpdate?: (next: KubeObject, old: KubeObject) => Cause[];
  /** Field selectors beyond metadata.name and metadata.namespace. */
  fields?: (object: KubeObject) => Record<string, string>;
}

export interface ResourceInfo {
  group: string;
  version: string;
  plural: string;
  singular: string;
  kind: string;
  listKind: string;
  namespaced: boolean;
  shortNames: readonly string[];
  categories: readonly string[];
  /** Where objects are kept; two resources that share one are two views of the same objects. */
  bucket: string;
  /** Has a /status subresource; then a write of the object leaves status alone. */
  status: boolean;
  /** metadata.generation counts changes: of the spec, or (custom resources) of all but metadata and status. */
  generation: "none" | "spec" | "all";
  /** Answers a completed delete with the object, as pods do, and not with a Status. */
  returnsDeleted: boolean;
  subresources: readonly Subresource[];
  strategy: Strategy;
  printer: TablePrinter;
  custom: boolean;
  /** Set where the stored form differs from the served one (events.k8s.io). */
  convert?: { fromStored: (object: KubeObject) => KubeObject; toStored: (object: KubeObject) => KubeObject };
}

export interface Subresource {
  name: string;
  /** The kind that it takes or gives; the resource's own when absent. */
  kind?: string;
  group?: string;
  version?: string;
  verbs: readonly string[];
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(info: { group: string; version: string }): string {
  return info.group === "" ? info.version : `${info.group}/${info.version}`;
}

/** The key of an object inside its bucket; its order is the order of a list. */
export function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ""}/${name}`;
}

const storedVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/** The verbs of a stored resource: nobody deletes namespaces by selector. */
export function verbsOf({ group, plural }: ResourceInfo): readonly string[] {
  return group === "" && plural === "namespaces"
    ? storedVerbs.filter((verb) => verb !== "deletecollection")
    : storedVerbs;
}
