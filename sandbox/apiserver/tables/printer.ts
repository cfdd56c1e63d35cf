/** Table answers: what kubectl prints for `get`. */
import type { KubeObject } from "../object.ts";
import { age } from "./format.ts";

export type Cell = string | number | boolean | null;

export interface Column {
  name: string;
  type: "string" | "integer" | "number" | "boolean" | "date";
  /** "name" marks the column that kubectl prefixes with the kind. */
  format?: string;
  description?: string;
  /** 0 is always shown; 1 only with -o wide. */
  priority?: number;
}

export interface TablePrinter {
  columns: readonly Column[];
  cells(object: KubeObject, now: number): Cell[];
}

export const nameColumn: Column = { name: "Name", type: "string", format: "name" };
export const ageColumn: Column = { name: "Age", type: "string" };

/** Name and age, for kinds without columns of their own. */
export const plainPrinter: TablePrinter = {
  columns: [nameColumn, ageColumn],
  cells: (object, now) => [object.metadata.name ?? "", age(object.metadata.creationTimestamp, now)],
};

/** The cut of an object that a Table row or a metadata-only answer carries. */
export function metadataOnly(object: KubeObject): object {
  return { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object.metadata };
}

export type IncludeObject = "None" | "Metadata" | "Object";

/** A Table of `objects`; `metadata` is that of the list. */
export function tableOf(
  printer: TablePrinter,
  objects: readonly KubeObject[],
  options: { metadata: object; include: IncludeObject; now: number },
): object {
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: options.metadata,
    columnDefinitions: printer.columns.map((column) => ({
      name: column.name,
      type: column.type,
      format: column.format ?? "",
      description: column.description ?? "",
      priority: column.priority ?? 0,
    })),
    rows: objects.map((object) => ({
      cells: printer.cells(object, options.now),
      ...(options.include === "None" ? {} : { object: options.include === "Object" ? object : metadataOnly(object) }),
    })),
  };
}
