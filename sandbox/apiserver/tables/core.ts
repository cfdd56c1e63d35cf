/** Columns of the small core kinds. */
import type { KubeObject } from "../object.ts";
import { asList, asMap, asString, asText } from "../object.ts";
import { age } from "./format.ts";
import type { TablePrinter } from "./printer.ts";
import { ageColumn, nameColumn } from "./printer.ts";

function keys(value: unknown): number {
  return Object.keys(asMap(value)).length;
}

function ageOf(object: KubeObject, now: number): string {
  return age(object.metadata.creationTimestamp, now);
}

export const namespacePrinter: TablePrinter = {
  columns: [nameColumn, { name: "Status", type: "string" }, ageColumn],
  cells: (object, now) => [object.metadata.name ?? "", asString(asMap(object.status).phase), ageOf(object, now)],
};

export const configMapPrinter: TablePrinter = {
  columns: [nameColumn, { name: "Data", type: "string" }, ageColumn],
  cells: (object, now) => [object.metadata.name ?? "", keys(object.data) + keys(object.binaryData), ageOf(object, now)],
};

export const secretPrinter: TablePrinter = {
  columns: [nameColumn, { name: "Type", type: "string" }, { name: "Data", type: "string" }, ageColumn],
  cells: (object, now) => [object.metadata.name ?? "", asString(object.type), keys(object.data), ageOf(object, now)],
};

export const serviceAccountPrinter: TablePrinter = {
  columns: [nameColumn, ageColumn],
  cells: (object, now) => [object.metadata.name ?? "", ageOf(object, now)],
};

export const resourceQuotaPrinter: TablePrinter = {
  columns: [nameColumn, { name: "Request", type: "string" }, { name: "Limit", type: "string" }, ageColumn],
  cells(object, now) {
    const hard = asMap(asMap(object.spec).hard);
    const used = asMap(asMap(object.status).used);
    const part = (limits: boolean) =>
      Object.keys(hard)
        .filter((name) => name.startsWith("limits.") === limits)
        .sort()
        .map((name) => `${name}: ${asText(used[name] ?? 0)}/${asText(hard[name])}`)
        .join(", ");
    return [object.metadata.name ?? "", part(false), part(true), ageOf(object, now)];
  },
};

export const servicePrinter: TablePrinter = {
  columns: [
    nameColumn,
    { name: "Type", type: "string" },
    { name: "Cluster-IP", type: "string" },
    { name: "External-IP", type: "string" },
    { name: "Port(s)", type: "string" },
    ageColumn,
  ],
  cells(object, now) {
    const spec = asMap(object.spec);
    const ports = asList(spec.ports)
      .map(asMap)
      .map((port) => `${Number(port.port)}/${asString(port.protocol) || "TCP"}`);
    return [
      object.metadata.name ?? "",
      asString(spec.type),
      asString(spec.clusterIP) || "<none>",
      "<none>",
      ports.join(",") || "<none>",
      ageOf(object, now),
    ];
  },
};
