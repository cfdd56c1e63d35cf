/** Columns of Events, which are listed oldest first as kubectl asks for them. */
import type { KubeObject } from "../object.ts";
import { asMap, asString } from "../object.ts";
import { age } from "./format.ts";
import type { TablePrinter } from "./printer.ts";
import { nameColumn } from "./printer.ts";

function time(...candidates: unknown[]): string | undefined {
  const found = candidates.find((one) => typeof one === "string" && one !== "");
  return typeof found === "string" ? found : undefined;
}

function lastSeen(event: KubeObject, now: number): string {
  const series = asMap(event.series);
  const { lastTimestamp, deprecatedLastTimestamp, firstTimestamp, deprecatedFirstTimestamp, eventTime } = event;
  const first = time(firstTimestamp, deprecatedFirstTimestamp, eventTime, event.metadata.creationTimestamp);
  const last = time(series.lastObservedTime, lastTimestamp, deprecatedLastTimestamp, first);
  const count = Number(series.count ?? event.count ?? event.deprecatedCount ?? 1);
  return count > 1 ? `${age(last, now)} (x${count} over ${age(first, now)})` : age(last, now);
}

function sourceText(event: KubeObject): string {
  const source = asMap(event.source ?? event.deprecatedSource);
  const component = asString(source.component) || asString(event.reportingComponent ?? event.reportingController);
  const host = asString(source.host);
  return host === "" ? component : `${component}, ${host}`;
}

export const eventPrinter: TablePrinter = {
  columns: [
    { name: "Last Seen", type: "string" },
    { name: "Type", type: "string" },
    { name: "Reason", type: "string" },
    { name: "Object", type: "string" },
    { name: "Subobject", type: "string", priority: 1 },
    { name: "Source", type: "string", priority: 1 },
    { name: "Message", type: "string" },
    { name: "First Seen", type: "string", priority: 1 },
    { name: "Count", type: "string", priority: 1 },
    { ...nameColumn, priority: 1 },
  ],
  cells(event, now) {
    const object = asMap(event.involvedObject ?? event.regarding);
    const first = time(
      event.firstTimestamp,
      event.deprecatedFirstTimestamp,
      event.eventTime,
      event.metadata.creationTimestamp,
    );
    return [
      lastSeen(event, now),
      asString(event.type),
      asString(event.reason),
      `${asString(object.kind).toLowerCase()}/${asString(object.name)}`,
      asString(object.fieldPath),
      sourceText(event),
      asString(event.message ?? event.note).trim(),
      age(first, now),
      Number(event.count ?? event.deprecatedCount ?? 1),
      event.metadata.name ?? "",
    ];
  },
};
