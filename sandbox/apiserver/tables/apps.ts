/** Columns of DaemonSets and ControllerRevisions. */
import { asList, asMap, asString } from "../object.ts";
import { age, labelText, selectorText } from "./format.ts";
import type { TablePrinter } from "./printer.ts";
import { ageColumn, nameColumn } from "./printer.ts";

export const daemonSetPrinter: TablePrinter = {
  columns: [
    nameColumn,
    { name: "Desired", type: "integer" },
    { name: "Current", type: "integer" },
    { name: "Ready", type: "integer" },
    { name: "Up-to-date", type: "integer" },
    { name: "Available", type: "integer" },
    { name: "Node Selector", type: "string" },
    ageColumn,
    { name: "Containers", type: "string", priority: 1 },
    { name: "Images", type: "string", priority: 1 },
    { name: "Selector", type: "string", priority: 1 },
  ],
  cells(set, now) {
    const spec = asMap(set.spec);
    const status = asMap(set.status);
    const podSpec = asMap(asMap(spec.template).spec);
    const containers = asList(podSpec.containers).map(asMap);
    const count = (name: string) => Number(status[name] ?? 0);
    return [
      set.metadata.name ?? "",
      count("desiredNumberScheduled"),
      count("currentNumberScheduled"),
      count("numberReady"),
      count("updatedNumberScheduled"),
      count("numberAvailable"),
      labelText(podSpec.nodeSelector),
      age(set.metadata.creationTimestamp, now),
      containers.map((one) => asString(one.name)).join(","),
      containers.map((one) => asString(one.image)).join(","),
      selectorText(spec.selector),
    ];
  },
};

export const controllerRevisionPrinter: TablePrinter = {
  columns: [nameColumn, { name: "Controller", type: "string" }, { name: "Revision", type: "string" }, ageColumn],
  cells(revision, now) {
    const owner = (revision.metadata.ownerReferences ?? []).find((one) => one.controller === true);
    const group = owner?.apiVersion.split("/")[0] ?? "";
    const controller = owner === undefined ? "<none>" : `${owner.kind.toLowerCase()}.${group}/${owner.name}`;
    return [
      revision.metadata.name ?? "",
      controller,
      Number(revision.revision ?? 0),
      age(revision.metadata.creationTimestamp, now),
    ];
  },
};
