/** Columns of Nodes. */
import type { KubeObject } from "../object.ts";
import { asList, asMap, asString } from "../object.ts";
import { age } from "./format.ts";
import type { TablePrinter } from "./printer.ts";
import { ageColumn, nameColumn } from "./printer.ts";

const rolePrefix = "node-role.kubernetes.io/";

function statusText(node: KubeObject): string {
  const ready = asList(asMap(node.status).conditions)
    .map(asMap)
    .find((one) => one.type === "Ready");
  const words = [ready === undefined ? "Unknown" : ready.status === "True" ? "Ready" : "NotReady"];
  if (asMap(node.spec).unschedulable === true) words.push("SchedulingDisabled");
  return words.join(",");
}

function roles(node: KubeObject): string {
  const names = Object.keys(node.metadata.labels ?? {})
    .filter((key) => key.startsWith(rolePrefix))
    .map((key) => key.slice(rolePrefix.length));
  return names.length === 0 ? "<none>" : names.sort().join(",");
}

export const nodePrinter: TablePrinter = {
  columns: [
    nameColumn,
    { name: "Status", type: "string" },
    { name: "Roles", type: "string" },
    ageColumn,
    { name: "Version", type: "string" },
    { name: "Internal-IP", type: "string", priority: 1 },
    { name: "External-IP", type: "string", priority: 1 },
    { name: "OS-Image", type: "string", priority: 1 },
    { name: "Kernel-Version", type: "string", priority: 1 },
    { name: "Container-Runtime", type: "string", priority: 1 },
  ],
  cells(node, now) {
    const status = asMap(node.status);
    const info = asMap(status.nodeInfo);
    const address = (type: string) =>
      asString(
        asList(status.addresses)
          .map(asMap)
          .find((one) => one.type === type)?.address,
      ) || "<none>";
    return [
      node.metadata.name ?? "",
      statusText(node),
      roles(node),
      age(node.metadata.creationTimestamp, now),
      asString(info.kubeletVersion),
      address("InternalIP"),
      address("ExternalIP"),
      asString(info.osImage) || "<unknown>",
      asString(info.kernelVersion) || "<unknown>",
      asString(info.containerRuntimeVersion) || "<unknown>",
    ];
  },
};
