/** Columns of Jobs. */
import type { KubeObject } from "../object.ts";
import { asList, asMap, asString } from "../object.ts";
import { age, humanDuration, selectorText } from "./format.ts";
import type { TablePrinter } from "./printer.ts";
import { ageColumn, nameColumn } from "./printer.ts";

function statusText(job: KubeObject): string {
  const conditions = asList(asMap(job.status).conditions).map(asMap);
  const holds = (type: string) => conditions.some((one) => one.type === type && one.status === "True");
  if (holds("Complete")) return "Complete";
  if (holds("Failed")) return "Failed";
  if (job.metadata.deletionTimestamp !== undefined) return "Terminating";
  if (holds("Suspended")) return "Suspended";
  if (holds("FailureTarget")) return "FailureTarget";
  return holds("SuccessCriteriaMet") ? "SuccessCriteriaMet" : "Running";
}

function completionText(job: KubeObject): string {
  const { completions, parallelism } = asMap(job.spec);
  const succeeded = Number(asMap(job.status).succeeded ?? 0);
  if (typeof completions === "number") return `${succeeded}/${completions}`;
  return typeof parallelism === "number" && parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationText(job: KubeObject, now: number): string {
  const { startTime, completionTime, conditions } = asMap(job.status);
  if (typeof startTime !== "string") return "";
  const failed = asList(conditions)
    .map(asMap)
    .find((one) => one.type === "Failed" && one.status === "True");
  const end = asString(completionTime) || asString(failed?.lastTransitionTime);
  return humanDuration((end === "" ? now : Date.parse(end)) - Date.parse(startTime));
}

export const jobPrinter: TablePrinter = {
  columns: [
    nameColumn,
    { name: "Status", type: "string" },
    { name: "Completions", type: "string" },
    { name: "Duration", type: "string" },
    ageColumn,
    { name: "Containers", type: "string", priority: 1 },
    { name: "Images", type: "string", priority: 1 },
    { name: "Selector", type: "string", priority: 1 },
  ],
  cells(job, now) {
    const spec = asMap(job.spec);
    const containers = asList(asMap(asMap(spec.template).spec).containers).map(asMap);
    return [
      job.metadata.name ?? "",
      statusText(job),
      completionText(job),
      durationText(job, now),
      age(job.metadata.creationTimestamp, now),
      containers.map((one) => asString(one.name)).join(","),
      containers.map((one) => asString(one.image)).join(","),
      selectorText(spec.selector),
    ];
  },
};

/** Without a controller in the sandbox: what the object says. */
export const cronJobPrinter: TablePrinter = {
  columns: [
    nameColumn,
    { name: "Schedule", type: "string" },
    { name: "Timezone", type: "string" },
    { name: "Suspend", type: "boolean" },
    { name: "Active", type: "integer" },
    { name: "Last Schedule", type: "string" },
    ageColumn,
  ],
  cells(job, now) {
    const { schedule, timeZone, suspend } = asMap(job.spec);
    const { active, lastScheduleTime } = asMap(job.status);
    const last = asString(lastScheduleTime);
    return [
      job.metadata.name ?? "",
      asString(schedule),
      asString(timeZone) || "<none>",
      suspend === true ? "True" : "False",
      asList(active).length,
      last === "" ? "<none>" : age(last, now),
      age(job.metadata.creationTimestamp, now),
    ];
  },
};
