/** The `Kube` port over HTTP: which request each call is. Transport, retries and errors are in transport.ts. */
import type { Credentials } from "./authentication.ts";
import { TransportError } from "./errors.ts";
import type { ListAnswer } from "./pages.ts";
import { readPages } from "./pages.ts";
import { apiVersion, collectionPath, newObjectPath, objectPath, withQuery } from "./paths.ts";
import { pods } from "./resources.ts";
import type { Answer, Call, Transport } from "./transport.ts";
import { createTransport } from "./transport.ts";
import type {
  CallOptions,
  DeleteOptions,
  Kube,
  ListOptions,
  Live,
  LogOptions,
  Page,
  Patch,
  Resource,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from "./types.ts";
import { readWatch } from "./watch.ts";

export interface KubeOptions {
  /** For example "operarius/1.2.3 rem/<name>". */
  userAgent: string;
  /** Recorded in managedFields by every write. Default "operarius". */
  fieldManager?: string;
  /** Milliseconds for one request with its retries. Default 30,000. */
  timeoutMs?: number;
  /** Bytes of one answer. Default 256 MiB. */
  longestAnswer?: number;
  /** Seconds after which the server ends any watch, whatever was asked for. Default: no such limit. */
  longestWatchSeconds?: number;
  /** Milliseconds that a watch may stay silent after the server should have ended it. Default 15,000. */
  watchGraceMs?: number;
}

/** Talks to the server of `credentials`. Nothing is sent before the first call. */
export function createKube(credentials: Credentials, options: KubeOptions): Kube {
  const { server } = credentials;
  const { userAgent, timeoutMs = 30_000, longestAnswer = 256 * 1024 * 1024 } = options;
  const { longestWatchSeconds = Number.POSITIVE_INFINITY, watchGraceMs = 15_000 } = options;
  const transport = createTransport(credentials, { userAgent, timeoutMs, longestAnswer });
  const watches = { longestWatchSeconds, watchGraceMs };
  const context: Context = { server, transport, fieldManager: options.fieldManager ?? "operarius", ...watches };
  return {
    server,
    get: async (resource, ref, given) =>
      send(context, { method: "GET", path: objectPath(resource, ref), ...limits(given) }),
    list: (resource, given) => listAll(context, resource, given),
    pages: (resource, given) => pagesOf(context, resource, given),
    create: (resource, object, given) => create(context, { resource, object, given }),
    replace: (resource, object, given) => replace(context, { resource, object, given }),
    replaceStatus: (resource, object, given) => replace(context, { resource, object, given, subresource: "status" }),
    patch: async (resource, ref, patch, given) =>
      sendPatch(context, { resource, path: objectPath(resource, ref), patch, given }),
    patchStatus: async (resource, ref, patch, given) =>
      sendPatch(context, { resource, path: objectPath(resource, ref, "status"), patch, given }),
    delete: async (resource, ref, given) => {
      // The server reads the options from the body and ignores the query when there is a body; logs show the query.
      const path = withQuery(objectPath(resource, ref), { dryRun: given?.dryRun ? "All" : undefined });
      await send(context, { method: "DELETE", path, body: deleteBody(given), ...limits(given) });
    },
    watch: (resource, given) => watch(context, resource, given),
    logs: (pod, given) => logs(context, pod, given),
    post: async (path, body, given) => {
      const query = { dryRun: given?.dryRun ? "All" : undefined, fieldManager: given?.fieldManager };
      return send(context, { method: "POST", path: withQuery(path, query), body, ...limits(given) });
    },
    raw: async (path, given) => {
      const answer = await transport.send({ method: "GET", path, accept: "application/json, */*", ...limits(given) });
      return answer.contentType.includes("json") ? parseAnswer(answer, `GET ${server}${path}`) : answer.text;
    },
    close: () => transport.close(),
  };
}

interface Context {
  server: string;
  transport: Transport;
  fieldManager: string;
  longestWatchSeconds: number;
  watchGraceMs: number;
}

async function send<Result>(context: Context, call: Call): Promise<Result> {
  const answer = await context.transport.send(call);
  return parseAnswer(answer, `${call.method} ${context.server}${call.path}`) as Result;
}

async function listAll<T>(context: Context, resource: Resource<T>, given: ListOptions | undefined) {
  let items: Live<T>[] = [];
  let resourceVersion = "";
  for await (const page of pagesOf(context, resource, given)) {
    items = page.first ? page.items : items.concat(page.items);
    resourceVersion = page.resourceVersion;
  }
  return { items, resourceVersion };
}

function pagesOf<T>(
  context: Context,
  resource: Resource<T>,
  given: ListOptions | undefined = {},
): AsyncGenerator<Page<T>> {
  const { namespace, labelSelector, fieldSelector, pageSize = 500 } = given;
  return readPages<T>(pageSize, async (limit, token) => {
    const query = { labelSelector, fieldSelector, limit, continue: token };
    const path = withQuery(collectionPath(resource, namespace), query);
    const answer = await send<ListAnswer<T>>(context, { method: "GET", path, ...limits(given) });
    return { ...answer, items: (answer.items ?? []).map((item) => typed(resource, item)) };
  });
}

async function* watch<T>(context: Context, resource: Resource<T>, given: WatchOptions): AsyncGenerator<WatchEvent<T>> {
  const { namespace, labelSelector, fieldSelector, resourceVersion, signal } = given;
  const timeoutSeconds = Math.min(given.timeoutSeconds ?? 300, context.longestWatchSeconds);
  const selection = { labelSelector, fieldSelector, resourceVersion, timeoutSeconds };
  const query = { watch: true, allowWatchBookmarks: true, ...selection };
  const path = withQuery(collectionPath(resource, namespace), query);
  const response = await context.transport.stream({ method: "GET", path, ...limits(given) });
  const idleMs = timeoutSeconds * 1000 + context.watchGraceMs;
  yield* readWatch<T>({ response, subject: `GET ${context.server}${path}`, idleMs, signal });
}

async function logs(
  context: Context,
  pod: { namespace: string; name: string },
  given: LogOptions = {},
): Promise<string> {
  const { container, previous, tailLines, limitBytes } = given;
  const path = withQuery(objectPath(pods, pod, "log"), { container, previous, tailLines, limitBytes });
  return (await context.transport.send({ method: "GET", path, accept: "*/*", ...limits(given) })).text;
}

interface Write<T, Content> {
  resource: Resource<T>;
  object: Content;
  given: WriteOptions | undefined;
  subresource?: string;
}

async function create<T>(context: Context, { resource, object, given }: Write<T, T>): Promise<Live<T>> {
  const path = writePath(context, newObjectPath(resource, object), given);
  return send(context, { method: "POST", path, body: typed(resource, object), ...limits(given) });
}

async function replace<T>(context: Context, write: Write<T, Live<T>>): Promise<Live<T>> {
  const { resource, object, given, subresource } = write;
  const path = writePath(context, objectPath(resource, object.metadata, subresource), given);
  return send(context, { method: "PUT", path, body: typed(resource, object), ...limits(given) });
}

const patchTypes = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const satisfies Record<Patch["type"], string>;

interface PatchWrite<T> {
  resource: Resource<T>;
  path: string;
  patch: Patch;
  given: WriteOptions | undefined;
}

async function sendPatch<T>(context: Context, { resource, path, patch, given }: PatchWrite<T>): Promise<Live<T>> {
  const call = { method: "PATCH", contentType: patchTypes[patch.type], ...limits(given) } as const;
  if (patch.type === "json") {
    return send(context, { ...call, path: writePath(context, path, given), body: patch.operations });
  }
  if (patch.type !== "apply")
    return send(context, { ...call, path: writePath(context, path, given), body: patch.body });
  const asManager = writePath(context, path, { ...given, fieldManager: patch.fieldManager });
  const forced = withQuery(asManager, { force: patch.force ? true : undefined });
  return send(context, { ...call, path: forced, body: typed(resource, patch.body) });
}

function writePath(context: Context, path: string, given: WriteOptions | undefined): string {
  const fieldManager = given?.fieldManager ?? context.fieldManager;
  return withQuery(path, { dryRun: given?.dryRun ? "All" : undefined, fieldManager });
}

function limits(given: CallOptions | undefined): Pick<Call, "timeoutMs" | "signal"> {
  return { timeoutMs: given?.timeoutMs, signal: given?.signal };
}

/** Custom resources are refused without apiVersion and kind, and the items of a list come without them. */
function typed<T>(resource: Resource<unknown>, object: T): T & { apiVersion: string; kind: string } {
  return Object.assign({ apiVersion: apiVersion(resource), kind: resource.kind }, object);
}

function deleteBody(given: DeleteOptions | undefined): object {
  const { preconditions, gracePeriodSeconds, propagationPolicy, dryRun } = given ?? {};
  return {
    apiVersion: "v1",
    kind: "DeleteOptions",
    ...(preconditions === undefined ? {} : { preconditions }),
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(dryRun ? { dryRun: ["All"] } : {}),
  };
}

function parseAnswer(answer: Answer, subject: string): unknown {
  try {
    return JSON.parse(answer.text) as unknown;
  } catch (error) {
    const start = answer.text.replace(/\s+/g, " ").slice(0, 100);
    throw new TransportError(`${subject}: the answer is not JSON ("${start}"). Is this a Kubernetes API server?`, {
      cause: error,
    });
  }
}
