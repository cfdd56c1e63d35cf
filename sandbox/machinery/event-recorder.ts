/** Core/v1 Events as controllers and kubelets write them: repeats raise a count instead of adding objects. */
import type { Event, ObjectReference } from "kubernetes-types/core/v1";
import { isNotFound } from "../../src/kube/errors.ts";
import { events } from "../../src/kube/resources.ts";
import type { Kube, LiveMeta, Resource } from "../../src/kube/types.ts";
import { createSimilarEvents } from "./similar-events.ts";

interface EventInput {
  type: "Normal" | "Warning";
  reason: string;
  message: string;
  /** For example spec.containers{main}. */
  fieldPath?: string;
}

export interface EventRecorder {
  /** Queues one event about `object`; never waits and never throws. */
  record(object: EventTarget, event: EventInput): void;
  /** Resolves when everything queued so far is written. */
  flush(): Promise<void>;
}

/** What an event can be about. */
export interface EventTarget {
  apiVersion: string;
  kind: string;
  metadata: Pick<LiveMeta, "name" | "uid"> & { namespace?: string; resourceVersion?: string };
}

/** The target of events about an object read from a list, where apiVersion and kind are not repeated per item. */
export function eventTarget<T>(resource: Resource<T>, object: { metadata: LiveMeta }): EventTarget {
  const apiVersion = resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
  return { apiVersion, kind: resource.kind, metadata: object.metadata };
}

interface Known {
  name: string;
  count: number;
}

const queueLimit = 500;
const knownLimit = 1_000;

/** Writes one after the other; what exceeds the queue is dropped, as a real recorder does under pressure. */
export function createEventRecorder(input: {
  kube: Kube;
  component: string;
  host?: string;
  now?: () => number;
  log: (line: string) => void;
}): EventRecorder {
  const now = input.now ?? Date.now;
  const known = new Map<string, Known>();
  const similar = createSimilarEvents();
  let tail: Promise<void> = Promise.resolve();
  let queued = 0;
  let serial = 0;

  async function write(object: EventTarget, given: EventInput): Promise<void> {
    const namespace = object.metadata.namespace ?? "default";
    const group = [object.metadata.uid, given.type, given.reason, given.fieldPath ?? ""].join("\u0000");
    const combined = similar.combine(group, given.message, now());
    const event = combined === undefined ? given : { ...given, message: combined };
    const key = combined === undefined ? `${group}\u0000${given.message}` : group;
    const before = known.get(key);
    const at = secondsIso(now());
    if (before !== undefined) {
      const count = before.count + 1;
      try {
        const body = { count, lastTimestamp: at, message: event.message.slice(0, 1024) };
        await input.kube.patch(events, { namespace, name: before.name }, { type: "merge", body });
        remember(key, { name: before.name, count });
        return;
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
    serial++;
    const stamp = (BigInt(now()) * 1_000_000n + BigInt(serial % 1_000_000)).toString(16);
    const created = await input.kube.create(events, newEvent({ object, event, namespace, at, stamp }));
    remember(key, { name: created.metadata.name, count: 1 });
  }

  function newEvent(made: {
    object: EventTarget;
    event: EventInput;
    namespace: string;
    at: string;
    stamp: string;
  }): Event {
    const { object, event, namespace, at } = made;
    return {
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: `${object.metadata.name}.${made.stamp}`, namespace },
      involvedObject: reference(object, event.fieldPath),
      type: event.type,
      reason: event.reason,
      message: event.message.slice(0, 1024),
      source: { component: input.component, ...(input.host !== undefined && { host: input.host }) },
      reportingComponent: input.component,
      reportingInstance: input.host ?? "",
      firstTimestamp: at,
      lastTimestamp: at,
      count: 1,
    };
  }

  function remember(key: string, entry: Known): void {
    known.delete(key);
    known.set(key, entry);
    const oldest = known.keys().next().value;
    if (known.size > knownLimit && oldest !== undefined) known.delete(oldest);
  }

  return {
    record(object, event) {
      if (queued >= queueLimit) return;
      queued++;
      tail = tail.then(async () => {
        try {
          await write(object, event);
        } catch (error) {
          input.log(`event ${event.reason} on ${object.kind} ${object.metadata.name} not recorded: ${String(error)}`);
        } finally {
          queued--;
        }
      });
    },
    flush: () => tail,
  };
}

function reference(object: EventTarget, fieldPath: string | undefined): ObjectReference {
  const { name, uid, namespace, resourceVersion } = object.metadata;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    name,
    uid,
    ...(namespace !== undefined && { namespace }),
    ...(resourceVersion !== undefined && { resourceVersion }),
    ...(fieldPath !== undefined && { fieldPath }),
  };
}

/** RFC 3339 in whole seconds, the form of metav1.Time. */
export function secondsIso(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
