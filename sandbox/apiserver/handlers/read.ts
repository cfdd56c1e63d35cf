/** get and list: one object, or a page of them; as objects, Table or metadata only. */

import type { KubeObject } from "../object.ts";
import { without } from "../object.ts";
import { apiVersionOf, keyOf } from "../registry/resource-info.ts";
import { ApiError, badRequest, expired, notAcceptable, notFound } from "../status.ts";
import { fieldMatcher } from "../storage/field-selector.ts";
import { labelMatcher } from "../storage/label-selector.ts";
import { isToken, tokenFault } from "../storage/snapshots.ts";
import type { IncludeObject } from "../tables/printer.ts";
import { metadataOnly, tableOf } from "../tables/printer.ts";
import type { Answer, Call } from "./context.ts";
import { served } from "./context.ts";
import { checkListOptions, checkNotAhead, versionOf } from "./list-options.ts";

export type Form = { as: "object" } | { as: "metadata" } | { as: "table"; include: IncludeObject };

const mediaTypes = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];

function includeOf(call: Call): IncludeObject {
  const include = call.query.get("includeObject") ?? "";
  if (include === "None" || include === "Object") return include;
  if (include === "" || include === "Metadata") return "Metadata";
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(include)}: must be 'Metadata', 'Object', 'None', or empty`,
  );
}

/** One alternative of an Accept header; undefined where this server cannot give it. */
function formIn(call: Call, part: string): Form | undefined {
  const [type = "", ...parameters] = part.split(";").map((one) => one.trim());
  if (type !== "*/*" && type !== "application/*" && !mediaTypes.includes(type)) return undefined;
  const value = (name: string) => parameters.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
  const as = value("as");
  if (as === undefined) return { as: "object" };
  if (value("g") !== "meta.k8s.io" || value("v") !== "v1") return undefined;
  if (as === "Table") return { as: "table", include: includeOf(call) };
  return as.startsWith("PartialObjectMetadata") ? { as: "metadata" } : undefined;
}

/** The form that the Accept header prefers among those this server has. Errors: 406 when it has none of them. */
export function formOf(call: Call): Form {
  for (const part of call.accept.split(",")) {
    const form = formIn(call, part);
    if (form !== undefined) return form;
  }
  if (/\bas=/.test(call.accept))
    throw new ApiError(406, "NotAcceptable", `only the following media types are accepted: ${mediaTypes.join(", ")}`);
  const streams = ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"];
  throw notAcceptable(call.info.name === "" ? [...mediaTypes, ...streams] : mediaTypes);
}

/** Kinds with fields of their own word their refusal in their own way (their AddFieldLabelConversionFunc). */
function unknownField({ resource }: Call): (field: string) => string {
  if (resource.kind === "Job") return (field) => `field label ${JSON.stringify(field)} not supported for batchv1.Job`;
  return resource.custom || resource.strategy.fields !== undefined
    ? (field) => `field label not supported: ${field}`
    : (field) => `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

/** What the query's selectors and the path's name let through. Errors: 400. */
export function matcherOf(call: Call): (object: KubeObject) => boolean {
  const labels = labelMatcher(call.query.get("labelSelector") ?? "");
  const extra = call.resource.strategy.fields;
  const fields = fieldMatcher(call.query.get("fieldSelector") ?? "", {
    of: (object) => ({
      "metadata.name": object.metadata.name ?? "",
      ...(call.resource.namespaced ? { "metadata.namespace": object.metadata.namespace ?? "" } : {}),
      ...extra?.(object),
    }),
    unknown: unknownField(call),
  });
  const { name } = call.info;
  return (object) => (name === "" || object.metadata.name === name) && labels(object) && fields(object);
}

/** Errors: 404. */
export function getStored(call: Call): KubeObject {
  const { resource, info, backend } = call;
  const found = backend.store.get(resource.bucket, keyOf(resource.namespaced ? info.namespace : undefined, info.name));
  if (found === undefined) throw notFound(resource, info.name);
  return found;
}

/** One object in the asked-for form. */
export function answerObject(call: Call, object: KubeObject, code = 200): Answer {
  const form = formOf(call);
  const view = served(call.resource, object);
  if (form.as === "table") {
    const metadata = { resourceVersion: object.metadata.resourceVersion ?? "" };
    return { code, body: tableOf(call.resource.printer, [view], { metadata, include: form.include, now: Date.now() }) };
  }
  return form.as === "metadata" ? { code, body: metadataOnly(view) } : { code, body: view, stable: view === object };
}

/** Errors: 404, 500 for a resourceVersion that is none, 504 for one that is still to come. */
export function getObject(call: Call): Answer {
  const version = versionOf(call, (message) => new ApiError(500, "", message));
  checkNotAhead(version, call.backend.store.revision());
  return answerObject(call, getStored(call));
}

interface Page {
  items: readonly KubeObject[];
  revision: number;
  metadata: object;
}

function pageOf(call: Call): Page {
  const { backend, query, info, resource } = call;
  const limit = Number(query.get("limit") ?? 0);
  const token = query.get("continue") ?? "";
  if (token !== "" && !isToken(token))
    throw badRequest(`invalid continue token: continue key is not valid: ${tokenFault(token)}`);
  const rest = token === "" ? undefined : backend.snapshots.find(token);
  if (token !== "" && rest === undefined) {
    throw expired(
      "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.",
    );
  }
  const matches = matcherOf(call);
  const all =
    rest?.items ??
    backend.store
      .list(resource.bucket, resource.namespaced && info.namespace !== "" ? info.namespace : undefined)
      .filter(matches);
  const revision = rest?.revision ?? backend.store.revision();
  const more = limit > 0 && all.length > limit;
  const items = more ? all.slice(0, limit) : all;
  const next = more
    ? {
        continue: backend.snapshots.keep({ revision, items: all.slice(limit) }),
        remainingItemCount: all.length - limit,
      }
    : {};
  return { items, revision, metadata: { resourceVersion: String(revision), ...next } };
}

/** Errors: 400 for selectors and parameters, 406, 422 for options that do not go together, 410 for a continue token or an exact version that is gone. */
export function listObjects(call: Call): Answer {
  const { query, backend, resource } = call;
  const form = formOf(call);
  checkListOptions(call);
  const version = versionOf(call, (message) => badRequest(`invalid resource version: ${message}`));
  const exact = query.get("resourceVersionMatch") === "Exact";
  const revision = backend.store.revision();
  checkNotAhead(version, revision);
  if (exact && version !== revision) throw expired("The resourceVersion for the provided list is too old.");
  const page = pageOf(call);
  const items = page.items.map((object) => served(resource, object));
  if (form.as === "table") {
    return {
      code: 200,
      body: tableOf(resource.printer, items, { metadata: page.metadata, include: form.include, now: Date.now() }),
    };
  }
  if (form.as === "metadata") {
    const list = {
      kind: "PartialObjectMetadataList",
      apiVersion: "meta.k8s.io/v1",
      metadata: page.metadata,
      items: items.map(metadataOnly),
    };
    return { code: 200, body: list };
  }
  return {
    code: 200,
    body: {
      kind: resource.listKind,
      apiVersion: apiVersionOf(resource),
      metadata: page.metadata,
      // The items of a typed list do not repeat its type.
      items: resource.custom ? items : items.map((item) => without(item, ["kind", "apiVersion"])),
    },
  };
}
