/** How a built-in resource is declared. */
import { plainPrinter } from "../tables/printer.ts";
import type { ResourceInfo } from "./resource-info.ts";

type Declared = Pick<ResourceInfo, "group" | "version" | "plural" | "kind"> & Partial<ResourceInfo>;

/** Fills in what most resources have in common. */
export function define(declared: Declared): ResourceInfo {
  return {
    singular: declared.kind.toLowerCase(),
    listKind: `${declared.kind}List`,
    namespaced: true,
    shortNames: [],
    categories: [],
    bucket: declared.group === "" ? declared.plural : `${declared.plural}.${declared.group}`,
    status: false,
    generation: "none",
    returnsDeleted: false,
    subresources: [],
    strategy: {},
    printer: plainPrinter,
    custom: false,
    ...declared,
  };
}
