/** create, update and patch, as requests. */
import { refusal } from "../authz/rbac.ts";
import { parseMap, parseOperations } from "../http/body.ts";
import type { KubeObject } from "../object.ts";
import { asMap, isMap } from "../object.ts";
import { structOf } from "../openapi/kinds.ts";
import { applyConfig } from "../patch/apply.ts";
import { jsonPatch } from "../patch/json-patch.ts";
import { entryOf } from "../patch/managed-fields.ts";
import { mergePatch } from "../patch/merge-patch.ts";
import { strategicPatch } from "../patch/strategic-patch.ts";
import { apiVersionOf, keyOf } from "../registry/resource-info.ts";
import { badRequest, forbidden, invalid, required, unsupportedMediaType } from "../status.ts";
import { checkFields } from "../validation/unknown-fields.ts";
import type { Answer, Call } from "./context.ts";
import { isDryRun, managerOf } from "./context.ts";
import { answerObject } from "./read.ts";
import type { Transform, WriteRequest } from "./write.ts";
import { checkType, createObject, updateObject } from "./write.ts";

export function writeRequest(call: Call): WriteRequest {
  return {
    backend: call.backend,
    resource: call.resource,
    namespace: call.resource.namespaced ? call.info.namespace : "",
    name: call.info.name,
    user: call.user,
    dryRun: isDryRun(call, badRequest),
    manager: managerOf(call),
    subresource: call.info.subresource,
  };
}

function withWarnings(answer: Answer, warnings: readonly string[]): Answer {
  return warnings.length === 0 ? answer : { ...answer, warnings };
}

/** The body as an object of this resource. Errors: 400, also for unknown fields when validation is strict. */
function readObject(call: Call): { object: KubeObject; warnings: string[] } {
  const body = parseMap(call.body, call.contentType);
  const warnings = checkFields(call.resource, body, call.query.get("fieldValidation") ?? "Warn");
  return { object: checkType(call.resource, body), warnings };
}

export async function create(call: Call): Promise<Answer> {
  const { object, warnings } = readObject(call);
  const stored = await createObject(writeRequest(call), object);
  return withWarnings(answerObject(call, stored, 201), warnings);
}

export async function update(call: Call): Promise<Answer> {
  const { object, warnings } = readObject(call);
  const given = object.metadata.name ?? "";
  if (given !== call.info.name) {
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${call.info.name})`);
  }
  const stored = await updateObject(writeRequest(call), () => structuredClone(object));
  return withWarnings(answerObject(call, stored), warnings);
}

const patchTypes = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const;

function asObject(value: unknown, current: KubeObject): KubeObject {
  if (!isMap(value)) throw badRequest("the patch does not leave an object");
  return { ...value, apiVersion: current.apiVersion, kind: current.kind, metadata: { ...asMap(value.metadata) } };
}

/** How this patch turns what is stored into what is wanted. Errors: 415. */
function transformOf(call: Call): Transform {
  const type = call.contentType.split(";")[0]?.trim();
  const { resource } = call;
  // A patch is written for the served form; what is stored may have another one (events.k8s.io).
  const through = (change: (current: KubeObject) => unknown): Transform => {
    return (current) => {
      const view = resource.convert === undefined ? current : resource.convert.fromStored(current);
      const next = asObject(change(view), view);
      checkFields(resource, next, call.query.get("fieldValidation") ?? "Warn");
      return resource.convert === undefined ? next : resource.convert.toStored(next);
    };
  };
  if (type === patchTypes.json) {
    const operations = parseOperations(call.body);
    return through((current) => jsonPatch(current, operations));
  }
  if (type === patchTypes.merge || (type === patchTypes.strategic && !resource.custom)) {
    const patch = parseMap(call.body, "application/json");
    return through((current) =>
      type === patchTypes.merge
        ? mergePatch(current, patch)
        : strategicPatch(current, patch, structOf(apiVersionOf(resource), resource.kind)),
    );
  }
  const accepted = Object.values(patchTypes).filter((one) => !resource.custom || one !== patchTypes.strategic);
  throw unsupportedMediaType(accepted);
}

/** A resourceVersion in what is applied is a precondition. */
function withVersion(next: KubeObject, { metadata: { resourceVersion } }: KubeObject): KubeObject {
  return resourceVersion === undefined ? next : { ...next, metadata: { ...next.metadata, resourceVersion } };
}

/** Who applies what does not exist creates it, and needs that right too. Errors: 403. */
function checkMayCreate({ backend, resource, info, user }: Call): void {
  const wanted = {
    user,
    verb: "create",
    group: resource.group,
    resource: resource.plural,
    subresource: "",
    namespace: info.namespace,
    name: info.name,
  };
  if (!backend.authorizer.allows(wanted)) throw forbidden(resource, info.name, refusal(wanted));
}

async function apply(call: Call): Promise<Answer> {
  const request = writeRequest(call);
  const { backend, resource, info } = call;
  if (call.query.get("fieldManager") === null)
    throw invalid({ group: "meta.k8s.io", kind: "PatchOptions" }, "", [
      required("fieldManager", "is required for apply patch"),
    ]);
  const body = parseMap(call.body, "application/yaml");
  const warnings = checkFields(resource, body, call.query.get("fieldValidation") ?? "Warn");
  if (asMap(body.metadata).managedFields !== undefined) throw badRequest("metadata.managedFields must be nil");
  const config = checkType(resource, body);
  const author = { manager: request.manager, apiVersion: apiVersionOf(resource), subresource: info.subresource };
  const key = keyOf(request.namespace || undefined, info.name);
  if (backend.store.get(resource.bucket, key) === undefined && info.subresource === "") {
    checkMayCreate(call);
    const created = await createObject(request, { ...config, metadata: { ...config.metadata, name: info.name } });
    const owned = { ...created, metadata: { ...created.metadata } };
    // The applied fields belong to the applier as such; defaults belong to nobody.
    const { managedFields } = applyConfig({ ...owned, metadata: { ...owned.metadata, managedFields: [] } }, config, {
      ...author,
      force: true,
    }).metadata;
    owned.metadata.managedFields = managedFields ?? [entryOf(author, "Apply", {})];
    const stored = request.dryRun ? owned : backend.store.put(resource.bucket, key, owned);
    return withWarnings(answerObject(call, stored, 201), warnings);
  }
  const stored = await updateObject(
    request,
    (current) =>
      withVersion(applyConfig(current, config, { ...author, force: call.query.get("force") === "true" }), config),
    { tracked: true },
  );
  return withWarnings(answerObject(call, stored), warnings);
}

export async function patch(call: Call): Promise<Answer> {
  if (call.contentType.startsWith(patchTypes.apply)) return apply(call);
  return answerObject(call, await updateObject({ ...writeRequest(call), isPatch: true }, transformOf(call)));
}
