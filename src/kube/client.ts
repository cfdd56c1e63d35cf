/** The `Kube` port over HTTP: which request each call is. Transport, retries and errors are in transport.ts. */
import type { Credentials } from "./authentication.ts";
import { TransportError } from "./errors.ts";
import type { ListAnswer } from "./pages.ts";
import { readPages } from "./pages.ts";
import { apiVersion, collectionPath, objectPath, withQuery } from "./paths.ts";
import type { Answer, Call } from "./transport.ts";
import { createTransport } from "./transport.ts";
import type {
  CallOptions,
  DeleteOptions,
  Kube,
  ListOptions,
  Live,
  Page,
  Patch,
  Resource,
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
  /** Milliseconds that a watch may stay silent after the server should have ended it. Default 15,000. */
  watchGraceMs?: number;
}

const patchTypes = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const satisfies Record<Patch["type"], string>;

/** Talks to the server of `credentials`. Nothing is sent before the first call. */
export function createKube(credentials: Credentials, options: KubeOptions): Kube {
  const { userAgent, fieldManager = "operarius", timeoutMs = 30_000, watchGraceMs = 15_000 } = options;
  const transport = createTransport(credentials, {
    userAgent,
    timeoutMs,
    ...(options.longestAnswer === undefined ? {} : { longestAnswer: options.longestAnswer }),
  });

  async function send<T>(call: Call): Promise<T> {
    const answer = await transport.send(call);
    return parseAnswer(answer, `${call.method} ${credentials.server}${call.path}`) as T;
  }

  const write = (path: string, given: WriteOptions | undefined): string =>
    withQuery(path, { dryRun: given?.dryRun ? "All" : undefined, fieldManager: given?.fieldManager ?? fieldManager });

  async function put<T>(resource: Resource<T>, object: Live<T>, given?: WriteOptions, subresource?: string) {
    const path = write(objectPath(resource, object.metadata, subresource), given);
    return send<Live<T>>({ method: "PUT", path, body: typed(resource, object), ...limits(given) });
  }

  async function sendPatch<T>(resource: Resource<T>, target: { path: string; patch: Patch; given?: WriteOptions }) {
    const { path, patch, given } = target;
    const manager = patch.type === "apply" ? patch.fieldManager : given?.fieldManager;
    const query = withQuery(write(path, { ...given, ...(manager === undefined ? {} : { fieldManager: manager }) }), {
      force: patch.type === "apply" && patch.force ? true : undefined,
    });
    const body =
      patch.type === "json" ? patch.operations : patch.type === "apply" ? typed(resource, patch.body) : patch.body;
    const contentType = patchTypes[patch.type];
    return send<Live<T>>({ method: "PATCH", path: query, body, contentType, ...limits(given) });
  }

  function pages<T>(resource: Resource<T>, given: ListOptions = {}): AsyncGenerator<Page<T>> {
    const { namespace, labelSelector, fieldSelector, pageSize = 500 } = given;
    return readPages<T>(pageSize, async (limit, token) => {
      const query = { labelSelector, fieldSelector, limit, continue: token };
      const path = withQuery(collectionPath(resource, namespace), query);
      const answer = await send<ListAnswer<T>>({ method: "GET", path, ...limits(given) });
      return { ...answer, items: (answer.items ?? []).map((item) => typed(resource, item)) };
    });
  }

  return {
    server: credentials.server,
    async get(resource, ref, given) {
      return send({ method: "GET", path: objectPath(resource, ref), ...limits(given) });
    },
    pages,
    async list<T>(resource: Resource<T>, given?: ListOptions) {
      let items: Live<T>[] = [];
      let resourceVersion = "";
      for await (const page of pages(resource, given)) {
        items = page.first ? page.items : items.concat(page.items);
        resourceVersion = page.resourceVersion;
      }
      return { items, resourceVersion };
    },
    async create<T>(resource: Resource<T>, object: T, given?: WriteOptions) {
      const path = write(collectionPath(resource, namespaceOf(object)), given);
      return send<Live<T>>({ method: "POST", path, body: typed(resource, object), ...limits(given) });
    },
    async replace(resource, object, given) {
      return put(resource, object, given);
    },
    async replaceStatus(resource, object, given) {
      return put(resource, object, given, "status");
    },
    async patch(resource, ref, patch, given) {
      const path = objectPath(resource, ref);
      return sendPatch(resource, { path, patch, ...(given === undefined ? {} : { given }) });
    },
    async patchStatus(resource, ref, patch, given) {
      const path = objectPath(resource, ref, "status");
      return sendPatch(resource, { path, patch, ...(given === undefined ? {} : { given }) });
    },
    async delete(resource, ref, given) {
      // The server reads the options from the body and ignores the query when there is a body.
      const path = withQuery(objectPath(resource, ref), { dryRun: given?.dryRun ? "All" : undefined });
      await send({ method: "DELETE", path, body: deleteBody(given), ...limits(given) });
    },
    async *watch<T>(resource: Resource<T>, given: Parameters<Kube["watch"]>[1]) {
      const { labelSelector, fieldSelector, resourceVersion, timeoutSeconds = 300, signal } = given;
      const path = withQuery(collectionPath(resource, given.namespace), {
        watch: true,
        allowWatchBookmarks: true,
        labelSelector,
        fieldSelector,
        resourceVersion,
        timeoutSeconds,
      });
      const response = await transport.stream({ method: "GET", path, ...limits(given) });
      const idleMs = timeoutSeconds * 1000 + watchGraceMs;
      yield* readWatch<T>({ response, subject: `GET ${credentials.server}${path}`, idleMs, signal });
    },
    async logs(pod, given = {}) {
      const path = withQuery(`${objectPath(podResource, pod)}/log`, {
        container: given.container,
        previous: given.previous,
        tailLines: given.tailLines,
      });
      return (await transport.send({ method: "GET", path, accept: "*/*", ...limits(given) })).text;
    },
    async post<T>(path: string, body: object, given?: WriteOptions) {
      const query = { dryRun: given?.dryRun ? "All" : undefined, fieldManager: given?.fieldManager };
      return send<T>({ method: "POST", path: withQuery(path, query), body, ...limits(given) });
    },
    async raw(path, given) {
      const answer = await transport.send({ method: "GET", path, accept: "application/json, */*", ...limits(given) });
      return answer.contentType.includes("json")
        ? parseAnswer(answer, `GET ${credentials.server}${path}`)
        : answer.text;
    },
    close: () => transport.close(),
  };
}

const podResource = { group: "", version: "v1", plural: "pods", kind: "Pod", namespaced: true };

function limits(given: CallOptions | undefined): Pick<Call, "timeoutMs" | "signal"> {
  return { timeoutMs: given?.timeoutMs, signal: given?.signal };
}

/** Custom resources are refused without apiVersion and kind, and the items of a list come without them. */
function typed<T>(resource: Resource<unknown>, object: T): T & { apiVersion: string; kind: string } {
  return Object.assign({ apiVersion: apiVersion(resource), kind: resource.kind }, object);
}

function namespaceOf(object: unknown): string | undefined {
  const { metadata } = object as { metadata?: { namespace?: string } };
  return metadata?.namespace;
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
