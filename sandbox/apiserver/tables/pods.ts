/** Columns of Pods, with the status word that kubectl users know (pkg/printers/internalversion printPod). */
import type { KubeObject } from "../object.ts";
import { asList, asMap, asString } from "../object.ts";
import { age } from "./format.ts";
import type { TablePrinter } from "./printer.ts";
import { ageColumn, nameColumn } from "./printer.ts";

type Fields = Record<string, unknown>;

function reasonOf(state: unknown): string {
  const { waiting, terminated } = asMap(state) as { waiting?: Fields; terminated?: Fields };
  if (asString(waiting?.reason) !== "") return asString(waiting?.reason);
  if (terminated === undefined) return "";
  if (asString(terminated.reason) !== "") return asString(terminated.reason);
  const signal = Number(terminated.signal ?? 0);
  return signal !== 0 ? `Signal:${signal}` : `ExitCode:${Number(terminated.exitCode ?? 0)}`;
}

/** The word while init containers run, or undefined when they are through. */
function initText(pod: KubeObject): string | undefined {
  const total = asList(asMap(pod.spec).initContainers).length;
  const statuses = asList(asMap(pod.status).initContainerStatuses).map(asMap);
  for (const [index, status] of statuses.entries()) {
    const state = asMap(status.state);
    const terminated = state.terminated;
    if (terminated !== undefined && Number(asMap(terminated).exitCode) === 0) continue;
    if (terminated !== undefined) return `Init:${reasonOf(state)}`;
    const waiting = asString(asMap(state.waiting).reason);
    return waiting !== "" && waiting !== "PodInitializing" ? `Init:${waiting}` : `Init:${index}/${total}`;
  }
  return undefined;
}

/** Running, Pending, CrashLoopBackOff, Terminating, NotReady... */
export function podStatusText(pod: KubeObject): string {
  const status = asMap(pod.status);
  const conditions = asList(status.conditions).map(asMap);
  let text = asString(status.reason) || asString(status.phase);
  const gated = conditions.some((one) => one.type === "PodScheduled" && one.reason === "SchedulingGated");
  if (gated) text = "SchedulingGated";
  const init = initText(pod);
  if (init !== undefined) text = init;
  else {
    const statuses = asList(status.containerStatuses).map(asMap);
    for (const one of statuses.toReversed()) text = reasonOf(one.state) || text;
    const running = statuses.some((one) => one.ready === true && asMap(one.state).running !== undefined);
    if (text === "Completed" && running) {
      text = conditions.some((one) => one.type === "Ready" && one.status === "True") ? "Running" : "NotReady";
    }
  }
  if (pod.metadata.deletionTimestamp === undefined) return text;
  if (status.reason === "NodeLost") return "Unknown";
  return ["Succeeded", "Failed"].includes(asString(status.phase)) ? text : "Terminating";
}

function restartText(statuses: readonly Fields[], now: number): string {
  const count = statuses.reduce((sum, one) => sum + Number(one.restartCount ?? 0), 0);
  const ends = statuses
    .map((one) => asString(asMap(asMap(one.lastState).terminated).finishedAt))
    .filter((one) => one !== "");
  const last = ends.sort().at(-1);
  return count > 0 && last !== undefined ? `${count} (${age(last, now)} ago)` : String(count);
}

function readinessGates(pod: KubeObject): string {
  const gates = asList(asMap(pod.spec).readinessGates).map((one) => asMap(one).conditionType);
  if (gates.length === 0) return "<none>";
  const conditions = asList(asMap(pod.status).conditions).map(asMap);
  const met = gates.filter((gate) => conditions.some((one) => one.type === gate && one.status === "True"));
  return `${met.length}/${gates.length}`;
}

export const podPrinter: TablePrinter = {
  columns: [
    nameColumn,
    { name: "Ready", type: "string" },
    { name: "Status", type: "string" },
    { name: "Restarts", type: "string" },
    ageColumn,
    { name: "IP", type: "string", priority: 1 },
    { name: "Node", type: "string", priority: 1 },
    { name: "Nominated Node", type: "string", priority: 1 },
    { name: "Readiness Gates", type: "string", priority: 1 },
  ],
  cells(pod, now) {
    const spec = asMap(pod.spec);
    const status = asMap(pod.status);
    const statuses = asList(status.containerStatuses).map(asMap);
    const ready = statuses.filter((one) => one.ready === true && asMap(one.state).running !== undefined);
    return [
      pod.metadata.name ?? "",
      `${ready.length}/${asList(spec.containers).length}`,
      podStatusText(pod),
      restartText(statuses, now),
      age(pod.metadata.creationTimestamp, now),
      asString(status.podIP) || "<none>",
      asString(spec.nodeName) || "<none>",
      asString(status.nominatedNodeName) || "<none>",
      readinessGates(pod),
    ];
  },
};
