/** create, update and patch, as requests. */
import { refusal } from "../authz/rbac.ts";
import { parseApply, parseObject, parseOperations, parsePatch } from "../http/body.ts";
import { goValue } from "../http/go-json.ts";
import type { KubeObject } from "../object.ts";
import { asMap, asString } from "../object.ts";
import { structOf } from "../openapi/kinds.ts";
import type { Misfit } from "../openapi/schema-check.ts";
import { converterWords, decoderWords } from "../openapi/schema-check.ts";
import { appliedBy, applyConfig } from "../patch/apply.ts";
import { jsonPatch } from "../patch/json-patch.ts";
import { mergePatch } from "../patch/merge-patch.ts";
import { strategicPatch } from "../patch/strategic-patch.ts";
import { apiVersionOf, keyOf } from "../registry/resource-info.ts";
import {
  badRequest,
  badValue,
  conflict,
  forbidden,
  invalid,
  required,
  unsupportedMediaType,
  unsupportedPatchType,
} from "../status.ts";
import { checkFields } from "../validation/unknown-fields.ts";
import type { Answer, Call } from "./context.ts";
import { managerOf } from "./context.ts";
import { checkWriteOptions, isDryRun } from "./options.ts";
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
    dryRun: isDryRun(call),
    manager: managerOf(call),
    subresource: call.info.subresource,
  };
}

function withWarnings(answer: Answer, warnings: readonly string[]): Answer {
  return warnings.length === 0 ? answer : { ...answer, warnings };
}

/** The body as an object of this resource. Errors: 400, also for unknown fields when validation is strict. */
function readObject(call: Call): { object: KubeObject; warnings: string[] } {
  const body = parseObject(call.body, call.contentType, call.resource.kind);
  checkType(call.resource, body);
  const warnings = checkFields(call.resource, body, { mode: call.query.get("fieldValidation") ?? "Warn" });
  return { object: checkType(call.resource, body), warnings };
}

export async function create(call: Call): Promise<Answer> {
  checkWriteOptions(call, "CreateOptions");
  const { object, warnings } = readObject(call);
  const stored = await createObject(writeRequest(call), object);
  return withWarnings(answerObject(call, stored, 201), warnings);
}

export async function update(call: Call): Promise<Answer> {
  checkWriteOptions(call, "UpdateOptions");
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

function asObject(value: unknown, { apiVersion, kind }: KubeObject): KubeObject {
  const fields = asMap(value);
  return { ...fields, apiVersion, kind, metadata: { ...asMap(fields.metadata) } };
}

/** Errors: 400 when the patch takes the name away or sets another one. */
function checkName(next: KubeObject, name: string): void {
  const given = next.metadata.name ?? "";
  if (given === "")
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (given !== name)
    throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);
}

/** How a fault of the patched object is shown: with the patch and the words of the way that it went. */
interface PatchFault {
  shown: (made: unknown) => string;
  words: (misfit: Misfit) => string;
}

const asJson: PatchFault = { shown: (made) => JSON.stringify(sortedKeys(made)), words: decoderWords };

/** The library writes the fields of the document in order, and leaves those below as they are. */
function sortedKeys(made: unknown): object {
  return Object.fromEntries(Object.entries(asMap(made)).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Reads what a patch has made: what is no longer of this kind is the patch's fault. Errors: 422. */
function readPatched(call: Call, made: unknown, { shown, words }: PatchFault): string[] {
  const { resource, query } = call;
  const refuse = (why: string) => invalid({ group: "", kind: "" }, "", [badValue("patch", shown(made), why)]);
  const { kind = resource.kind, apiVersion = apiVersionOf(resource) } = asMap(made);
  if (kind !== resource.kind || apiVersion !== apiVersionOf(resource))
    throw refuse(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
  return checkFields(resource, asMap(made), { mode: query.get("fieldValidation") ?? "Warn", refuse, words });
}

/** How this patch turns what is stored into what is wanted; `warnings` takes what it says. Errors: 415. */
function transformOf(call: Call, warnings: Set<string>): Transform {
  const type = call.contentType.split(";")[0]?.trim();
  const { resource } = call;
  // A patch is written for the served form; what is stored may have another one (events.k8s.io).
  const through = (change: (current: KubeObject) => unknown, fault = asJson): Transform => {
    return (current) => {
      const view = resource.convert === undefined ? current : resource.convert.fromStored(current);
      const made = change(view);
      for (const warning of readPatched(call, made, fault)) warnings.add(warning);
      const next = asObject(made, view);
      checkName(next, call.info.name);
      return resource.convert === undefined ? next : resource.convert.toStored(next);
    };
  };
  if (type === patchTypes.json) {
    const operations = parseOperations(call.body);
    return through((current) => jsonPatch(current, operations));
  }
  if (type === patchTypes.merge) {
    const patch = parsePatch(call.body, "error decoding patch: ");
    return through((current) => mergePatch(current, patch));
  }
  if (type === patchTypes.strategic && !resource.custom) {
    const patch = parsePatch(call.body, "");
    const struct = structOf(apiVersionOf(resource), resource.kind);
    return through((current) => strategicPatch(current, patch, struct), {
      shown: () => goValue(patch),
      words: converterWords,
    });
  }
  const accepted = Object.values(patchTypes).filter((one) => !resource.custom || one !== patchTypes.strategic);
  throw type === patchTypes.strategic ? unsupportedMediaType(accepted) : unsupportedPatchType();
}

/** A resourceVersion or uid in what is applied is a precondition. */
function withVersion(next: KubeObject, { metadata: { resourceVersion, uid } }: KubeObject): KubeObject {
  const given = { ...(resourceVersion !== undefined && { resourceVersion }), ...(uid !== undefined && { uid }) };
  return { ...next, metadata: { ...next.metadata, ...given } };
}

/** Errors: 400 when it is of another kind, or another object, than the path names. */
function checkApplied({ resource, info }: Call, body: Record<string, unknown>): Record<string, unknown> {
  const { apiVersion = "", kind = "", metadata } = body;
  const { name = info.name, namespace = "" } = asMap(metadata);
  if (apiVersion !== apiVersionOf(resource) || kind !== resource.kind) {
    const shown = asString(apiVersion);
    throw badRequest(`invalid object type: ${shown.includes("/") ? "" : "/"}${shown}, Kind=${asString(kind)}`);
  }
  if (name !== info.name)
    throw badRequest(`the name of the object (${asString(name)}) does not match the name on the URL (${info.name})`);
  if (namespace !== "" && namespace !== info.namespace)
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  return body;
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
  const body = parseApply(call.body);
  const warnings = checkFields(resource, body, { mode: call.query.get("fieldValidation") ?? "Warn" });
  if (asMap(body.metadata).managedFields !== undefined) throw badRequest("metadata.managedFields must be nil");
  const config = checkType(resource, checkApplied(call, body));
  const author = { manager: request.manager, apiVersion: apiVersionOf(resource), subresource: info.subresource };
  const key = keyOf(request.namespace || undefined, info.name);
  if (backend.store.get(resource.bucket, key) === undefined && info.subresource === "") {
    checkMayCreate(call);
    const { resourceVersion: _, uid, ...metadata } = config.metadata;
    if (uid !== undefined)
      throw conflict(
        resource,
        info.name,
        `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
      );
    const created = await createObject(request, { ...config, metadata: { ...metadata, name: info.name } });
    // The applied fields belong to the applier as such; defaults belong to nobody.
    const owned = { ...created, metadata: { ...created.metadata, managedFields: [appliedBy(author, config)] } };
    const stored = request.dryRun ? owned : backend.store.put(resource.bucket, key, owned);
    return withWarnings(answerObject(call, stored, 201), warnings);
  }
  const stored = await updateObject(
    { ...request, isPatch: true },
    (current) =>
      withVersion(applyConfig(current, config, { ...author, force: call.query.get("force") === "true" }), config),
    { tracked: true },
  );
  return withWarnings(answerObject(call, stored), warnings);
}

export async function patch(call: Call): Promise<Answer> {
  checkWriteOptions(call, "PatchOptions");
  if (call.contentType.startsWith(patchTypes.apply)) return apply(call);
  const warnings = new Set<string>();
  const stored = await updateObject({ ...writeRequest(call), isPatch: true }, transformOf(call, warnings));
  return withWarnings(answerObject(call, stored), [...warnings]);
}
