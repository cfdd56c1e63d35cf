/** get and list: one object, or a page of them; as objects, Table or metadata only. */

import type { KubeObject } from "../object.ts";
import { apiVersionOf, keyOf } from "../registry/resource-info.ts";
import { badRequest, expired, notFound } from "../status.ts";
import type { Matcher } from "../storage/selectors.ts";
import { fieldMatcher, labelMatcher } from "../storage/selectors.ts";
import { isToken } from "../storage/snapshots.ts";
import type { IncludeObject } from "../tables/printer.ts";
import { metadataOnly, tableOf } from "../tables/printer.ts";
import type { Answer, Call } from "./context.ts";
import { served } from "./context.ts";

export type Form = { as: "object" } | { as: "metadata" } | { as: "table"; include: IncludeObject };

/** The form that the Accept header prefers among those this server has. */
export function formOf(call: Call): Form {
  for (const part of call.accept.split(",")) {
    if (/as=Table/.test(part)) {
      const include = call.query.get("includeObject");
      return { as: "table", include: include === "None" || include === "Object" ? include : "Metadata" };
    }
    if (/as=PartialObjectMetadata/.test(part)) return { as: "metadata" };
    if (/application\/(json|\*)|\*\/\*/.test(part) && !part.includes("as=")) return { as: "object" };
  }
  return { as: "object" };
}

/** What the query's selectors and the path's name let through. Errors: 400. */
export function matcherOf(call: Call): Matcher {
  const labels = labelMatcher(call.query.get("labelSelector") ?? "");
  const extra = call.resource.strategy.fields;
  const fields = fieldMatcher(call.query.get("fieldSelector") ?? "", (object) => ({
    "metadata.name": object.metadata.name ?? "",
    ...(call.resource.namespaced ? { "metadata.namespace": object.metadata.namespace ?? "" } : {}),
    ...extra?.(object),
  }));
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

export function getObject(call: Call): Answer {
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
  if (!Number.isInteger(limit) || limit < 0)
    throw badRequest(`limit must be a non-negative integer, found "${query.get("limit")}"`);
  const token = query.get("continue") ?? "";
  if (token !== "" && !isToken(token)) throw badRequest(`invalid continue token: continue key is not valid: ${token}`);
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

/** Errors: 400 for selectors and parameters, 410 for a continue token or an exact version that is gone. */
export function listObjects(call: Call): Answer {
  const { query, backend, resource } = call;
  const exact =
    query.get("resourceVersionMatch") === "Exact" && query.get("resourceVersion") !== String(backend.store.revision());
  if (exact) throw expired(`The resourceVersion for the provided list is too old.`);
  const page = pageOf(call);
  const form = formOf(call);
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
    body: { kind: resource.listKind, apiVersion: apiVersionOf(resource), metadata: page.metadata, items },
  };
}
