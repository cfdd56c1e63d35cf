/** watch: a stream of changes, with bookmarks, until the client leaves or its time is over. */
import type { ServerResponse } from "node:http";
import { stableJson, statusOf } from "../http/respond.ts";
import type { KubeObject } from "../object.ts";
import { apiVersionOf } from "../registry/resource-info.ts";
import { ApiError, expired } from "../status.ts";
import type { Change } from "../storage/store.ts";
import { metadataOnly, tableOf } from "../tables/printer.ts";
import type { Call } from "./context.ts";
import { served } from "./context.ts";
import { checkListOptions, versionOf } from "./list-options.ts";
import { formOf, matcherOf } from "./read.ts";

/** How often a bookmark is sent where they are allowed. */
const bookmarkMs = 15_000;
/** How long before its end a watch sends its last bookmark; shorter ones have none (cacher's bookmark timer). */
const lastBookmarkMs = 2_000;
/** A client that lets this much pile up is cut off: it must list again. */
const backlogLimitBytes = 16 * 1024 * 1024;

/** Where a watch starts: after a version, or with everything that is there. */
function startOf(call: Call): { revision: number; initial: boolean; marker: boolean } {
  checkListOptions(call);
  const version = versionOf(call, (message) => new ApiError(500, "", message));
  const marker = call.query.get("sendInitialEvents") === "true";
  if (version === undefined || version === 0 || marker) {
    return {
      revision: call.backend.store.revision(),
      initial: call.query.get("sendInitialEvents") !== "false",
      marker,
    };
  }
  return { revision: version, initial: false, marker };
}

/** What a selector makes of a change: leaving the selection is a deletion, entering it an addition. */
function seen(change: Change, matches: (object: KubeObject) => boolean): Change["type"] | undefined {
  const now = change.type !== "DELETED" && matches(change.object);
  const before = change.previous !== undefined && matches(change.previous);
  if (now) return before ? "MODIFIED" : "ADDED";
  return before ? "DELETED" : undefined;
}

/** The object of a deletion event: the last state that matched, at the version of the change. */
function shownObject(change: Change, type: Change["type"]): KubeObject {
  if (type !== "DELETED" || change.type === "DELETED" || change.previous === undefined) return change.object;
  return { ...change.previous, metadata: { ...change.previous.metadata, resourceVersion: String(change.revision) } };
}

function encoder(call: Call): (type: string, object: KubeObject) => string {
  const form = formOf(call);
  const { resource } = call;
  return (type, object) => {
    const view = served(resource, object);
    if (form.as === "object") return `{"type":"${type}","object":${stableJson(view)}}\n`;
    if (form.as === "metadata") return `${JSON.stringify({ type, object: metadataOnly(view) })}\n`;
    const { include } = form;
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    const table = tableOf(resource.printer, [view], { metadata, include, now: Date.now() });
    return `${JSON.stringify({ type, object: table })}\n`;
  };
}

function bookmark(call: Call, revision: number, initialEnd: boolean): string {
  const annotations = initialEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {};
  const metadata = { resourceVersion: String(revision), ...annotations };
  const table = formOf(call).as === "table";
  const type = table
    ? { kind: "Table", apiVersion: "meta.k8s.io/v1" }
    : { kind: call.resource.kind, apiVersion: apiVersionOf(call.resource) };
  return `${JSON.stringify({ type: "BOOKMARK", object: { ...type, metadata } })}\n`;
}

function timeoutMs(call: Call): number {
  const asked = Number(call.query.get("timeoutSeconds") ?? 0);
  // Without a wish: 30 to 60 minutes, as the real server spreads them.
  return asked > 0 ? Math.min(asked, 3600) * 1000 : (1800 + Math.random() * 1800) * 1000;
}

/** Answers on `response` and resolves when the watch has ended. Errors: 400, before anything is sent. */
export function watchObjects(call: Call, response: ServerResponse, closing: AbortSignal): Promise<void> {
  const { store } = call.backend;
  const encode = encoder(call);
  const start = startOf(call);
  const matches = matcherOf(call);
  const inScope = (object: KubeObject) =>
    call.info.namespace === "" || !call.resource.namespaced || object.metadata.namespace === call.info.namespace;
  const selected = (object: KubeObject) => inScope(object) && matches(object);
  response.writeHead(200, {
    "Content-Type": "application/json",
    "Cache-Control": "no-cache, private",
    "Transfer-Encoding": "chunked",
  });
  response.flushHeaders();

  return new Promise((resolve) => {
    const bookmarks = call.query.get("allowWatchBookmarks") === "true";
    let timer: NodeJS.Timeout | undefined;
    let last: NodeJS.Timeout | undefined;
    let ticker: NodeJS.Timeout | undefined;
    let stop: (() => void) | undefined;
    const end = () => {
      clearTimeout(timer);
      clearTimeout(last);
      clearInterval(ticker);
      stop?.();
      closing.removeEventListener("abort", end);
      if (!response.writableEnded) response.end();
      resolve();
    };
    const send = (text: string) => {
      if (response.writableEnded || response.destroyed) return;
      response.write(text);
      if (response.writableLength > backlogLimitBytes) response.destroy();
    };
    if (start.initial)
      for (const object of store.list(call.resource.bucket)) if (selected(object)) send(encode("ADDED", object));
    if (start.marker && bookmarks) send(bookmark(call, start.revision, true));
    stop = store.subscribe(call.resource.bucket, start.revision, (change) => {
      const type = seen(change, selected);
      if (type !== undefined) send(encode(type, shownObject(change, type)));
    });
    if (stop === undefined) {
      send(
        `${JSON.stringify({ type: "ERROR", object: statusOf(expired(`too old resource version: ${start.revision} (${store.revision()})`)) })}\n`,
      );
      end();
      return;
    }
    const lifeMs = timeoutMs(call);
    timer = setTimeout(end, lifeMs);
    if (bookmarks && lifeMs > lastBookmarkMs)
      last = setTimeout(() => send(bookmark(call, store.revision(), false)), lifeMs - lastBookmarkMs);
    if (bookmarks) ticker = setInterval(() => send(bookmark(call, store.revision(), false)), bookmarkMs);
    response.once("close", end);
    closing.addEventListener("abort", end, { once: true });
    if (closing.aborted) end();
  });
}
