/** Validating and mutating webhook configurations: which ones a change meets, calling them, and what failing means. */
import { randomUUID } from "node:crypto";
import { request as httpsRequest } from "node:https";
import type { Operation } from "fast-json-patch";
import { applyPatch } from "fast-json-patch";
import type { KubeObject } from "../object.ts";
import { asList, asMap, asString, clone, isMap } from "../object.ts";
import type { Registry } from "../registry/registry.ts";
import { keyOf } from "../registry/resource-info.ts";
import { ApiError, internal } from "../status.ts";
import type { Store } from "../storage/store.ts";
import { selectorMatches } from "../validation/labels.ts";
import type { Change } from "./admission.ts";

type Fields = Record<string, unknown>;

function includes(list: unknown, value: string): boolean {
  return asList(list).some((one) => one === "*" || one === value);
}

function resourceMatches(list: unknown, change: Change): boolean {
  const { plural } = change.resource;
  const own = change.subresource === "" ? plural : `${plural}/${change.subresource}`;
  const patterns =
    change.subresource === "" ? ["*", own, "*/*"] : ["*/*", own, `${plural}/*`, `*/${change.subresource}`];
  return asList(list).some((one) => patterns.includes(asString(one)));
}

function ruleMatches(rule: Fields, change: Change): boolean {
  const { group, version, namespaced } = change.resource;
  const scope = asString(rule.scope) || "*";
  return (
    includes(rule.operations, change.operation) &&
    includes(rule.apiGroups, group) &&
    includes(rule.apiVersions, version) &&
    resourceMatches(rule.resources, change) &&
    (scope === "*" || (scope === "Namespaced") === namespaced)
  );
}

function selects(webhook: Fields, store: Store, change: Change): boolean {
  if (!asList(webhook.rules).some((rule) => ruleMatches(asMap(rule), change))) return false;
  if (!selectorMatches(webhook.objectSelector, change.object.metadata.labels)) return false;
  if (webhook.namespaceSelector === undefined || !change.resource.namespaced) return true;
  const namespace = store.get("namespaces", keyOf(undefined, change.namespace));
  return selectorMatches(webhook.namespaceSelector, namespace?.metadata.labels);
}

function reviewOf(change: Change, registry: Registry, uid: string): object {
  const { group, version, kind, plural } = change.resource;
  const known = registry.byKind(group, kind) ?? change.resource;
  return {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid,
      kind: { group, version, kind: known.kind },
      resource: { group, version, resource: plural },
      subResource: change.subresource,
      name: change.object.metadata.name ?? "",
      namespace: change.namespace,
      operation: change.operation,
      userInfo: { username: change.user.name, groups: change.user.groups },
      object: change.operation === "DELETE" ? null : change.object,
      oldObject: change.old ?? null,
      dryRun: change.dryRun,
    },
  };
}

/** Where a webhook answers, and what an error calls that place. */
function targetOf(client: Fields, store: Store): { url: string; shown: string } | string {
  if (typeof client.url === "string") return { url: client.url, shown: client.url };
  const { namespace, name, path, port } = asMap(client.service);
  const service = store.get("services", keyOf(asString(namespace), asString(name)));
  const shown = `https://${asString(name)}.${asString(namespace)}.svc:${Number(port ?? 443)}${asString(path)}?timeout=10s`;
  if (service === undefined) return `Post "${shown}": service "${asString(name)}" not found`;
  // No cluster network: a Service of the sandbox never has an endpoint that could be reached.
  return `Post "${shown}": no endpoints available for service "${asString(name)}"`;
}

function post(url: string, body: string, options: { ca: string | undefined; timeoutMs: number }): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      url,
      {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        timeout: options.timeoutMs,
        ...(options.ca === undefined ? {} : { ca: options.ca }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
        response.on("error", reject);
      },
    );
    request.on("timeout", () => request.destroy(new Error("context deadline exceeded")));
    request.on("error", reject);
    request.end(body);
  });
}

async function call(webhook: Fields, context: { store: Store; registry: Registry; change: Change }): Promise<Fields> {
  const client = asMap(webhook.clientConfig);
  const target = targetOf(client, context.store);
  if (typeof target === "string") throw new Error(target);
  const bundle = client.caBundle;
  const ca = typeof bundle === "string" && bundle !== "" ? Buffer.from(bundle, "base64").toString("utf8") : undefined;
  const body = JSON.stringify(reviewOf(context.change, context.registry, randomUUID()));
  try {
    const text = await post(target.url, body, { ca, timeoutMs: Number(webhook.timeoutSeconds ?? 10) * 1000 });
    const answer: unknown = JSON.parse(text);
    return asMap(asMap(answer).response);
  } catch (error) {
    throw new Error(`Post "${target.shown}": ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function refuse(name: string, response: Fields): ApiError {
  const { code, message, reason } = asMap(response.status);
  const why = asString(message) || asString(reason);
  const text = `admission webhook "${name}" denied the request${why === "" ? " without explanation" : `: ${why}`}`;
  const status = typeof code === "number" && code >= 400 && code < 600 ? code : 400;
  return new ApiError(status, asString(reason) || (status === 403 ? "Forbidden" : "BadRequest"), text);
}

/** Applies a webhook's JSON patch to the object, in place. */
function applyMutation(object: KubeObject, response: Fields): void {
  const patch = response.patch;
  if (typeof patch !== "string" || patch === "") return;
  const operations: unknown = JSON.parse(Buffer.from(patch, "base64").toString("utf8"));
  const changed = applyPatch(clone(object), asList(operations) as Operation[]).newDocument;
  for (const field of Object.keys(object)) if (!(field in changed)) delete object[field];
  Object.assign(object, changed);
}

/**
 * Calls every matching webhook in order of its configuration's name.
 * Errors: its refusal; 500 `failed calling webhook` when it cannot be asked and its failurePolicy is Fail; 400 when it
 * has side effects and the request is a dry run.
 */
export async function callWebhooks(
  store: Store,
  change: Change,
  options: { kind: "mutating" | "validating"; registry: Registry },
): Promise<void> {
  // Webhooks never judge the configurations of webhooks: nobody could repair a broken one.
  if (change.resource.group === "admissionregistration.k8s.io") return;
  const bucket = `${options.kind}webhookconfigurations.admissionregistration.k8s.io`;
  for (const configuration of store.list(bucket)) {
    for (const webhook of asList(configuration.webhooks).filter(isMap)) {
      if (!selects(webhook, store, change)) continue;
      await callOne(webhook, { store, registry: options.registry, change }, options.kind === "mutating");
    }
  }
}

async function callOne(
  webhook: Fields,
  context: { store: Store; registry: Registry; change: Change },
  mutating: boolean,
): Promise<void> {
  const name = asString(webhook.name);
  if (context.change.dryRun && !["None", "NoneOnDryRun"].includes(asString(webhook.sideEffects))) {
    throw new ApiError(400, "BadRequest", `admission webhook "${name}" does not support dry run`);
  }
  let response: Fields;
  try {
    response = await call(webhook, context);
  } catch (error) {
    if (webhook.failurePolicy === "Ignore") return;
    throw internal(
      `failed calling webhook "${name}": failed to call webhook: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (response.allowed !== true) throw refuse(name, response);
  if (!mutating) return;
  applyMutation(context.change.object, response);
  // What a webhook adds is defaulted as what a client sends (generic/webhook: "Defaulter" after each patch).
  context.change.resource.strategy.defaults?.(context.change.object);
}
