/** The one path on which objects are stored: create and update, for every kind (pkg/registry/generic/registry/store.go). */
import { randomUUID } from "node:crypto";
import { checkEscalation } from "../authz/escalation.ts";
import type { KubeObject } from "../object.ts";
import { asList, asMap, asString, clone, isMap, sameJson, timestamp, without } from "../object.ts";
import { canonicalize } from "../openapi/canonical.ts";
import { structOf } from "../openapi/kinds.ts";
import { trackUpdate } from "../patch/managed-fields.ts";
import { randomSuffix } from "../random-suffix.ts";
import type { ResourceInfo } from "../registry/resource-info.ts";
import { apiVersionOf, keyOf } from "../registry/resource-info.ts";
import { ApiError, alreadyExists, badRequest, badValue, conflict, invalid, notFound, staleVersion } from "../status.ts";
import { metadataFaults, metadataUpdateFaults } from "../validation/metadata.ts";
import type { Backend, Call } from "./context.ts";

/** A write as its handler describes it. */
export interface WriteRequest {
  backend: Backend;
  resource: ResourceInfo;
  namespace: string;
  name: string;
  user: Call["user"];
  dryRun: boolean;
  manager: string;
  /** "" for the object itself. */
  subresource: string;
  /** A patch that changes the uid is invalid; an update that names another one is meant for another object. */
  isPatch?: boolean;
}

/** In the words of the codec that converts between versions (runtime/serializer/versioning). */
function wrongType(resource: ResourceInfo, apiVersion: string, kind: string): ApiError {
  const version = apiVersion.split("/").at(-1) ?? "";
  const intern = resource.group === "" ? "core" : (resource.group.split(".")[0] ?? "");
  const why =
    structOf(apiVersion, kind) === undefined
      ? `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`
      : `converting (${version}.${kind}) to (${intern}.${resource.kind}): unknown conversion`;
  if (resource.custom)
    return badRequest(
      `the API version in the data (${apiVersion}, Kind=${kind}) does not match the expected API version (${apiVersionOf(resource)}, Kind=${resource.kind})`,
    );
  return badRequest(`${kind} in version "${version}" cannot be handled as a ${resource.kind}: ${why}`);
}

/** apiVersion and kind must be those of the path; absent ones are filled in. Errors: 400. */
export function checkType(resource: ResourceInfo, body: Record<string, unknown>): KubeObject {
  const apiVersion = apiVersionOf(resource);
  const { apiVersion: givenVersion, kind: givenKind } = body;
  const version = asString(givenVersion) || apiVersion;
  const kind = asString(givenKind) || resource.kind;
  if (version !== apiVersion || kind !== resource.kind) throw wrongType(resource, version, kind);
  if (body.metadata !== undefined && !isMap(body.metadata)) throw badRequest("metadata must be an object");
  const object: KubeObject = { ...body, apiVersion, kind: resource.kind, metadata: { ...asMap(body.metadata) } };
  return resource.convert === undefined ? object : resource.convert.toStored(object);
}

function checkNamespace(request: WriteRequest, object: KubeObject): void {
  if (!request.resource.namespaced) {
    delete object.metadata.namespace;
    return;
  }
  const given = object.metadata.namespace ?? "";
  if (given !== "" && given !== request.namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  object.metadata.namespace = request.namespace;
}

function initialMetadata(request: WriteRequest, object: KubeObject): void {
  const meta = object.metadata;
  if (meta.resourceVersion !== undefined && meta.resourceVersion !== "") {
    throw new ApiError(500, "", "resourceVersion should not be set on objects to be created");
  }
  delete meta.resourceVersion;
  delete meta.deletionTimestamp;
  delete meta.deletionGracePeriodSeconds;
  delete meta.selfLink;
  meta.uid = randomUUID();
  meta.creationTimestamp = timestamp();
  if (request.resource.generation === "none") delete meta.generation;
  else meta.generation = 1;
}

/** After the mutating plug-ins: what they refuse is called by its generateName. */
function generateName({ metadata: meta }: KubeObject): void {
  if ((meta.name ?? "") === "" && (meta.generateName ?? "") !== "") {
    meta.name = `${(meta.generateName ?? "").slice(0, 58)}${randomSuffix()}`;
  }
}

/**
 * Takes note of who sets what, before the plug-ins and the strategy add what is nobody's (endpoints/handlers/create.go,
 * update.go: the field manager comes first).
 */
function track(request: WriteRequest, next: KubeObject, old: KubeObject | undefined): void {
  const { manager, subresource, resource } = request;
  canonicalize(next, "full");
  trackUpdate(next, old, { manager, apiVersion: apiVersionOf(resource), subresource, hasStatus: resource.status });
}

/** Stores a new object. Errors: 400, 403 from admission, 404 for the namespace, 409, 422. */
export async function createObject(request: WriteRequest, given: KubeObject): Promise<KubeObject> {
  const { backend, resource } = request;
  const object = clone(given);
  checkNamespace(request, object);
  if (request.name !== "" && object.metadata.name !== request.name) object.metadata.name = request.name;
  initialMetadata(request, object);
  if (resource.status) delete object.status;
  canonicalize(object, "lean");
  resource.strategy.prune?.(object);
  resource.strategy.defaults?.(object);
  track(request, object, undefined);
  checkEscalation(request, object);
  resource.strategy.prepareCreate?.(object);
  await backend.admission.mutate({ ...request, operation: "CREATE", object, old: undefined });
  generateName(object);
  const faults = [...metadataFaults(resource, object), ...(resource.strategy.validate?.(object) ?? [])];
  const name = object.metadata.name ?? "";
  faults.push(...(resource.strategy.rules?.(object, undefined, faults) ?? []));
  if (faults.length > 0) throw invalid(resource, name, faults);
  const key = keyOf(object.metadata.namespace, name);
  if (backend.store.get(resource.bucket, key) !== undefined) throw alreadyExists(resource, name);
  await backend.admission.validate({ ...request, operation: "CREATE", object, old: undefined });
  canonicalize(object, "full");
  // Admission may have waited for a webhook: somebody else may have been faster.
  if (backend.store.get(resource.bucket, key) !== undefined) throw alreadyExists(resource, name);
  return request.dryRun ? object : backend.store.put(resource.bucket, key, object);
}

/** Puts back what a client cannot change, and keeps spec and status apart. */
function confine(request: WriteRequest, next: KubeObject, old: KubeObject): void {
  const { resource, subresource } = request;
  const { deletionTimestamp, deletionGracePeriodSeconds, creationTimestamp, generation } = old.metadata;
  for (const [field, value] of Object.entries({
    deletionTimestamp,
    deletionGracePeriodSeconds,
    creationTimestamp,
    generation,
  })) {
    if (value === undefined) Reflect.deleteProperty(next.metadata, field);
    else Reflect.set(next.metadata, field, value);
  }
  delete next.metadata.selfLink;
  if (subresource === "status") {
    const { status } = next;
    const { managedFields, ...meta } = resource.custom ? old.metadata : next.metadata;
    if (old.kind === "Pod" && old.metadata.ownerReferences !== undefined)
      meta.ownerReferences = old.metadata.ownerReferences;
    for (const field of Object.keys(next)) if (field !== "apiVersion" && field !== "kind") delete next[field];
    Object.assign(next, {
      ...old,
      metadata: {
        ...meta,
        ...(next.metadata?.managedFields === undefined && managedFields === undefined
          ? {}
          : { managedFields: managedFields ?? [] }),
      },
    });
    if (status === undefined) delete next.status;
    else next.status = status;
  } else if (resource.status) {
    if (old.status === undefined) delete next.status;
    else next.status = old.status;
  }
}

function bumpGeneration(resource: ResourceInfo, next: KubeObject, old: KubeObject): void {
  if (resource.generation === "none") return;
  const part = (object: KubeObject) =>
    resource.generation === "spec" ? object.spec : without(object, ["metadata", "status"]);
  if (!sameJson(part(next), part(old))) next.metadata.generation = (old.metadata.generation ?? 0) + 1;
}

function checkPreconditions(request: WriteRequest, next: KubeObject, old: KubeObject): void {
  const { resource, name, isPatch } = request;
  const wanted = next.metadata.resourceVersion;
  if (wanted !== undefined && wanted !== "" && wanted !== old.metadata.resourceVersion) {
    throw conflict(resource, name, staleVersion);
  }
  const uid = next.metadata.uid;
  if (uid !== undefined && uid !== "" && uid !== old.metadata.uid) {
    if (isPatch === true) throw invalid(resource, name, [badValue("metadata.uid", uid, "field is immutable")]);
    throw conflict(
      resource,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`,
    );
  }
  next.metadata.uid = old.metadata.uid ?? "";
  next.metadata.resourceVersion = old.metadata.resourceVersion ?? "";
}

/** True when nothing but managedFields and the resourceVersion differs: then nothing is stored, as on the real server. */
function isUnchanged(next: KubeObject, old: KubeObject): boolean {
  const strip = (object: KubeObject) => ({
    ...object,
    metadata: without(object.metadata, ["managedFields", "resourceVersion"]),
  });
  return sameJson(strip(next), strip(old));
}

/** Whether the client hands over fields: entries of its own are a change by themselves. */
function sendsEntries(next: KubeObject, old: KubeObject): boolean {
  const { managedFields } = next.metadata;
  return managedFields !== undefined && !sameJson(managedFields, old.metadata.managedFields);
}

/** An object marked for deletion goes as soon as its last finalizer and its grace are gone. */
function isFinished(resource: ResourceInfo, object: KubeObject): boolean {
  if (object.metadata.deletionTimestamp === undefined || (object.metadata.finalizers ?? []).length > 0) return false;
  if ((object.metadata.deletionGracePeriodSeconds ?? 0) > 0) return false;
  return resource.kind !== "Namespace" || asList(asMap(object.spec).finalizers).length === 0;
}

function prepareUpdate({ resource, subresource }: WriteRequest, next: KubeObject, old: KubeObject): void {
  if (subresource !== "" && subresource !== "ephemeralcontainers") return;
  resource.strategy.prepareUpdate?.(next, old);
  canonicalize(next, "full");
  bumpGeneration(resource, next, old);
}

function validateUpdate(request: WriteRequest, next: KubeObject, old: KubeObject): void {
  const { resource, subresource } = request;
  const faults = [...metadataUpdateFaults(next, old)];
  if (subresource === "" || resource.custom) faults.push(...(resource.strategy.validateUpdate?.(next, old) ?? []));
  if (subresource === "" || resource.custom) faults.push(...(resource.strategy.validate?.(next) ?? []));
  faults.push(...(resource.strategy.rules?.(next, old, faults) ?? []));
  if (faults.length > 0) throw invalid(resource, request.name, faults);
}

/** How an update is made from what is stored. It may be called again when the object changed meanwhile. */
export type Transform = (current: KubeObject) => KubeObject;

export interface UpdateOptions {
  /** The transform has already kept managedFields (server-side apply). */
  tracked?: boolean;
  /** Lets a subresource such as binding write parts of the spec that an update may not change. */
  unchecked?: boolean;
}

/** Stores a changed object. Errors: 404, 409, 422, 403 from admission. */
export async function updateObject(
  request: WriteRequest,
  transform: Transform,
  options: UpdateOptions = {},
): Promise<KubeObject> {
  const { backend, resource, namespace, name } = request;
  const key = keyOf(resource.namespaced ? namespace : undefined, name);
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const old = backend.store.get(resource.bucket, key);
    if (old === undefined) throw notFound(resource, name);
    const next = transform(clone(old));
    canonicalize(next, "lean");
    resource.strategy.prune?.(next);
    checkNamespace(request, next);
    checkPreconditions(request, next, old);
    confine(request, next, old);
    if (request.subresource === "") resource.strategy.defaults?.(next);
    const sends = sendsEntries(next, old);
    if (options.tracked === true) canonicalize(next, "full");
    else track(request, next, old);
    prepareUpdate(request, next, old);
    const change = { ...request, operation: "UPDATE" as const, object: next, old };
    checkEscalation(request, next);
    await backend.admission.mutate(change);
    if (options.unchecked !== true) validateUpdate(request, next, old);
    await backend.admission.validate(change);
    // Admission may have waited; a write on top of another one would lose it.
    if (backend.store.get(resource.bucket, key) !== old) continue;
    canonicalize(next, "full");
    const unchanged = isUnchanged(next, old) && !sends;
    if (unchanged && (options.tracked !== true || sameJson(next.metadata.managedFields, old.metadata.managedFields)))
      return old;
    if (request.dryRun) return next;
    const stored = backend.store.put(resource.bucket, key, next);
    return isFinished(resource, stored) ? (backend.store.remove(resource.bucket, key) ?? stored) : stored;
  }
  throw conflict(resource, name, staleVersion);
}
