/** delete and deletecollection: preconditions, grace, finalizers, propagation. */

import { parseObject } from "../http/body.ts";
import type { KubeObject } from "../object.ts";
import { asList, asMap, asString, isMap, timestamp } from "../object.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { keyOf } from "../registry/resource-info.ts";
import { badRequest, badValue, conflict, notFound, notSupported, staleVersion } from "../status.ts";
import type { Answer, Call } from "./context.ts";
import { managerOf, served } from "./context.ts";
import { checkWriteOptions, dryRunFaults, refuseOptions } from "./options.ts";
import { matcherOf } from "./read.ts";

export interface DeleteOptions {
  gracePeriodSeconds: number | undefined;
  propagationPolicy: string | undefined;
  preconditions: { uid?: string; resourceVersion?: string };
  dryRun: boolean;
}

/** What the query says in the words of a body. Errors: 400 for a grace period that is no number. */
function optionsOf({ query }: Call): Record<string, unknown> {
  const grace = query.get("gracePeriodSeconds");
  if (grace !== null && !/^[+-]?\d+$/.test(grace))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(grace)}: invalid syntax`);
  return {
    gracePeriodSeconds: grace === null ? undefined : Number(grace),
    propagationPolicy: query.get("propagationPolicy") ?? undefined,
    dryRun: query.getAll("dryRun"),
  };
}

const policies = ["Foreground", "Background", "Orphan"];

/** From the body alone where there is one, else from the query (endpoints/handlers/delete.go). Errors: 400, 422. */
export function readDeleteOptions(call: Call): DeleteOptions {
  const isSent = call.body.trim() !== "";
  const body = isSent ? parseObject(call.body, call.contentType, "DeleteOptions") : optionsOf(call);
  const { gracePeriodSeconds: grace, propagationPolicy: policy } = body;
  if (!isSent) checkWriteOptions(call, "DeleteOptions");
  refuseOptions("DeleteOptions", [
    ...(typeof body.orphanDependents === "boolean" && policy !== undefined
      ? [badValue("propagationPolicy", policy, "orphanDependents and deletionPropagation cannot be both set")]
      : []),
    ...(policy === undefined || policies.includes(asString(policy))
      ? []
      : [notSupported("propagationPolicy", asString(policy), [...policies, "nil"])]),
    ...dryRunFaults(asList(body.dryRun).map(asString)),
  ]);
  const { uid, resourceVersion } = asMap(body.preconditions);
  const dryRun = asList(body.dryRun).includes("All");
  return {
    gracePeriodSeconds: grace === undefined || grace === null ? undefined : Number(grace),
    propagationPolicy: policy === undefined ? undefined : asString(policy),
    preconditions: {
      ...(typeof uid === "string" ? { uid } : {}),
      ...(typeof resourceVersion === "string" ? { resourceVersion } : {}),
    },
    dryRun,
  };
}

/** These refusals name the kind where others name the resource. */
function byKind({ group, kind }: ResourceInfo): { group: string; plural: string } {
  return { group, plural: kind };
}

function checkPreconditions(resource: ResourceInfo, object: KubeObject, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions;
  const { name = "", uid: actual, resourceVersion: version } = object.metadata;
  if (uid !== undefined && uid !== actual) {
    throw conflict(
      byKind(resource),
      name,
      `the UID in the precondition (${uid}) does not match the UID in record (${actual}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== version) {
    throw conflict(
      byKind(resource),
      name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${version}). The object might have been modified`,
    );
  }
}

/** Seconds of grace: only pods have one, and only while a kubelet has them in its care. */
function graceOf(object: KubeObject, resource: ResourceInfo, asked: number | undefined): number {
  if (resource.bucket !== "pods") return 0;
  const spec = asMap(object.spec);
  const phase = asString(asMap(object.status).phase);
  if (asString(spec.nodeName) === "" || phase === "Failed" || phase === "Succeeded") return 0;
  const own = spec.terminationGracePeriodSeconds;
  const wanted = asked ?? (typeof own === "number" ? own : 30);
  // A negative wish means one second, as on the real server.
  const seconds = wanted < 0 ? 1 : wanted;
  const running = object.metadata.deletionGracePeriodSeconds;
  // A deletion under way can be shortened, never prolonged.
  return object.metadata.deletionTimestamp !== undefined && typeof running === "number"
    ? Math.min(running, seconds)
    : seconds;
}

function finalizersOf(object: KubeObject, policy: string | undefined): string[] {
  const others = (object.metadata.finalizers ?? []).filter(
    (one) => policy === undefined || (one !== "orphan" && one !== "foregroundDeletion"),
  );
  if (policy === "Orphan") return [...others, "orphan"];
  return policy === "Foreground" ? [...others, "foregroundDeletion"] : others;
}

function markDeleted(object: KubeObject, finalizers: string[], grace: number): KubeObject {
  const { metadata } = object;
  const again = metadata.deletionTimestamp !== undefined && metadata.deletionTimestamp !== null;
  const shortened = again && grace < (metadata.deletionGracePeriodSeconds ?? 0);
  const at = again && !shortened ? metadata.deletionTimestamp : timestamp(Date.now() + grace * 1000);
  const { finalizers: _, ...rest } = metadata;
  return {
    ...object,
    metadata: {
      ...rest,
      ...(finalizers.length > 0 ? { finalizers } : {}),
      ...(again || metadata.generation === undefined ? {} : { generation: metadata.generation + 1 }),
      deletionTimestamp: at ?? timestamp(),
      deletionGracePeriodSeconds: grace,
    },
  };
}

function isHeld(object: KubeObject, finalizers: string[], grace: number): boolean {
  if (grace > 0 || finalizers.length > 0) return true;
  return object.kind === "Namespace" && asList(asMap(object.spec).finalizers).length > 0;
}

export interface Deleted {
  object: KubeObject;
  /** False when it only got its deletionTimestamp. */
  gone: boolean;
}

/** Deletes one object, or marks it. Errors: 404, 409, 403. */
export async function deleteObject(call: Call, object: KubeObject, options: DeleteOptions): Promise<Deleted> {
  const { backend, resource, user } = call;
  const { name = "", namespace = "" } = object.metadata;
  checkPreconditions(resource, object, options);
  const change = {
    resource,
    namespace,
    name,
    user,
    dryRun: options.dryRun,
    manager: managerOf(call),
    subresource: "",
    operation: "DELETE" as const,
    object,
    old: object,
  };
  await backend.admission.mutate(change);
  await backend.admission.validate(change);
  const key = keyOf(resource.namespaced ? namespace : undefined, name);
  const current = backend.store.get(resource.bucket, key);
  if (current === undefined) throw notFound(resource, name);
  // Admission may have waited for a webhook, and the object may be another one by now.
  if (current !== object) {
    if (current.metadata.uid !== object.metadata.uid) throw conflict(resource, name, staleVersion);
    checkPreconditions(resource, current, options);
  }
  const finalizers = finalizersOf(current, options.propagationPolicy);
  const grace = graceOf(current, resource, options.gracePeriodSeconds);
  if (!isHeld(current, finalizers, grace)) {
    if (options.dryRun) return { object: current, gone: true };
    return { object: backend.store.remove(resource.bucket, key) ?? current, gone: true };
  }
  const marked = markDeleted(current, finalizers, grace);
  if (marked.kind === "Namespace") marked.status = { ...asMap(marked.status), phase: "Terminating" };
  if (options.dryRun) return { object: marked, gone: false };
  const same =
    marked.metadata.deletionTimestamp === current.metadata.deletionTimestamp &&
    finalizers.length === (current.metadata.finalizers ?? []).length &&
    current.metadata.deletionGracePeriodSeconds === grace;
  return { object: same ? current : backend.store.put(resource.bucket, key, marked), gone: false };
}

export async function deleteOne(call: Call): Promise<Answer> {
  const options = readDeleteOptions(call);
  const { resource, info, backend } = call;
  const found = backend.store.get(resource.bucket, keyOf(resource.namespaced ? info.namespace : undefined, info.name));
  if (found === undefined) throw notFound(resource, info.name);
  const { object, gone } = await deleteObject(call, found, options);
  if (!gone || resource.returnsDeleted) return { code: 200, body: served(resource, object) };
  return {
    code: 200,
    body: {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Success",
      details: {
        name: info.name,
        ...(resource.group === "" ? {} : { group: resource.group }),
        kind: resource.plural,
        uid: object.metadata.uid,
      },
    },
  };
}

/** Deletes everything that the selectors match; objects that go meanwhile do not matter. */
export async function deleteCollection(call: Call): Promise<Answer> {
  const options = readDeleteOptions(call);
  const { backend, resource, info } = call;
  const matches = matcherOf(call);
  const items: KubeObject[] = [];
  for (const object of backend.store.list(
    resource.bucket,
    resource.namespaced && info.namespace !== "" ? info.namespace : undefined,
  )) {
    if (!matches(object)) continue;
    const deleted = await deleteObject(call, object, options).catch((error: unknown) => {
      if (isMap(error) && error.code === 404) return undefined;
      throw error;
    });
    if (deleted !== undefined) items.push(served(resource, deleted.object));
  }
  const metadata = { resourceVersion: String(backend.store.revision()) };
  return { code: 200, body: { kind: resource.listKind, apiVersion: items[0]?.apiVersion ?? "v1", metadata, items } };
}
