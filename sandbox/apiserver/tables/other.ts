/** Columns of the remaining kinds. */
import { asList, asMap, asString, asText } from "../object.ts";
import { age } from "./format.ts";
import type { TablePrinter } from "./printer.ts";
import { ageColumn, nameColumn } from "./printer.ts";

const createdColumn = { name: "Created At", type: "string" } as const;

export const leasePrinter: TablePrinter = {
  columns: [nameColumn, { name: "Holder", type: "string" }, ageColumn],
  cells: (lease, now) => [
    lease.metadata.name ?? "",
    asString(asMap(lease.spec).holderIdentity),
    age(lease.metadata.creationTimestamp, now),
  ],
};

export const rolePrinter: TablePrinter = {
  columns: [nameColumn, createdColumn],
  cells: (role) => [role.metadata.name ?? "", role.metadata.creationTimestamp ?? ""],
};

export const bindingPrinter: TablePrinter = {
  columns: [
    nameColumn,
    { name: "Role", type: "string" },
    ageColumn,
    { name: "Users", type: "string", priority: 1 },
    { name: "Groups", type: "string", priority: 1 },
    { name: "ServiceAccounts", type: "string", priority: 1 },
  ],
  cells(binding, now) {
    const { kind, name } = asMap(binding.roleRef);
    const subjects = asList(binding.subjects).map(asMap);
    const of = (wanted: string) => subjects.filter((one) => one.kind === wanted);
    const plain = (wanted: string) =>
      of(wanted)
        .map((one) => asString(one.name))
        .join(", ");
    const accounts = of("ServiceAccount").map((one) => `${asString(one.namespace)}/${asString(one.name)}`);
    return [
      binding.metadata.name ?? "",
      `${asString(kind)}/${asString(name)}`,
      age(binding.metadata.creationTimestamp, now),
      plain("User"),
      plain("Group"),
      accounts.join(", "),
    ];
  },
};

export const crdPrinter: TablePrinter = {
  columns: [nameColumn, createdColumn],
  cells: (crd) => [crd.metadata.name ?? "", crd.metadata.creationTimestamp ?? ""],
};

export const priorityClassPrinter: TablePrinter = {
  columns: [
    nameColumn,
    { name: "Value", type: "integer" },
    { name: "Global-Default", type: "boolean" },
    ageColumn,
    { name: "PreemptionPolicy", type: "string" },
  ],
  cells: (one, now) => [
    one.metadata.name ?? "",
    Number(one.value ?? 0),
    one.globalDefault === true,
    age(one.metadata.creationTimestamp, now),
    asString(one.preemptionPolicy) || "PreemptLowerPriority",
  ],
};

export const budgetPrinter: TablePrinter = {
  columns: [
    nameColumn,
    { name: "Min Available", type: "string" },
    { name: "Max Unavailable", type: "string" },
    { name: "Allowed Disruptions", type: "integer" },
    ageColumn,
  ],
  cells(budget, now) {
    const { minAvailable, maxUnavailable } = asMap(budget.spec);
    return [
      budget.metadata.name ?? "",
      asText(minAvailable) || "N/A",
      asText(maxUnavailable) || "N/A",
      Number(asMap(budget.status).disruptionsAllowed ?? 0),
      age(budget.metadata.creationTimestamp, now),
    ];
  },
};
