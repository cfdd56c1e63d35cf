/** Events: one store, served as core/v1 and as events.k8s.io/v1 (pkg/apis/events/v1/conversion.go). */
import type { KubeObject } from "../object.ts";
import { asMap, asString } from "../object.ts";
import type { Strategy } from "../registry/resource-info.ts";

const involved = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"] as const;

export const eventStrategy: Strategy = {
  fields(event) {
    const object = asMap(event.involvedObject ?? event.regarding);
    const source = asMap(event.source ?? event.deprecatedSource);
    return {
      ...Object.fromEntries(involved.map((field) => [`involvedObject.${field}`, asString(object[field])])),
      ...Object.fromEntries(involved.map((field) => [`regarding.${field}`, asString(object[field])])),
      reason: asString(event.reason),
      reportingComponent: asString(event.reportingComponent ?? event.reportingController),
      source: asString(source.component) || asString(event.reportingComponent),
      type: asString(event.type),
    };
  },
};

/** Field in core/v1 on the left, in events.k8s.io/v1 on the right; all others are named alike. */
const renamed = [
  ["involvedObject", "regarding"],
  ["message", "note"],
  ["source", "deprecatedSource"],
  ["firstTimestamp", "deprecatedFirstTimestamp"],
  ["lastTimestamp", "deprecatedLastTimestamp"],
  ["count", "deprecatedCount"],
  ["reportingComponent", "reportingController"],
] as const;

function rename(event: KubeObject, apiVersion: string, pairs: readonly (readonly [string, string])[]): KubeObject {
  const result: KubeObject = { ...event, apiVersion };
  for (const [from, to] of pairs) {
    if (event[from] === undefined) continue;
    result[to] = event[from];
    delete result[from];
  }
  return result;
}

/** Events are stored in the form of core/v1. */
export function eventFromStored(event: KubeObject): KubeObject {
  return rename(event, "events.k8s.io/v1", renamed);
}

export function eventToStored(event: KubeObject): KubeObject {
  return rename(
    event,
    "v1",
    renamed.map(([core, other]) => [other, core] as const),
  );
}
