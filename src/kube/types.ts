/** The port through which everything of ours talks to a Kubernetes API server. Implemented by client.ts. */
import type { ObjectMeta } from "kubernetes-types/meta/v1";

/** Metadata that an API server has filled in; optional in what we send, always present in what we read. */
export type LiveMeta = ObjectMeta & {
  name: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
};

/** An object as read from the API server. */
export type Live<T> = Omit<T, "metadata"> & { metadata: LiveMeta };

/** Where a kind is served. `T` is the shape of its objects and exists for the compiler only. */
export interface Resource<T> {
  /** "" for the core group. */
  group: string;
  version: string;
  plural: string;
  kind: string;
  namespaced: boolean;
  /** Never set. */
  readonly shape?: T;
}

/** One object. `namespace` is left out for cluster-scoped kinds. */
export interface Ref {
  namespace?: string;
  name: string;
}

export interface CallOptions {
  signal?: AbortSignal;
  /** Milliseconds for one request; the client's default when absent. */
  timeoutMs?: number;
}

export interface WriteOptions extends CallOptions {
  /** Sends dryRun=All: admission and validation run, nothing is stored. */
  dryRun?: boolean;
  fieldManager?: string;
}

export interface ListOptions extends CallOptions {
  /** Absent = all namespaces. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Page size; the client pages through to the end. Default 500. */
  pageSize?: number;
}

export interface DeleteOptions extends WriteOptions {
  /** At least one precondition is the rule for every delete of ours; both are what a remedy sends. */
  preconditions?: { uid?: string; resourceVersion?: string };
  gracePeriodSeconds?: number;
  propagationPolicy?: "Background" | "Foreground" | "Orphan";
}

export type JsonPatchOperation =
  | { op: "test" | "add" | "replace"; path: string; value: unknown }
  | { op: "remove"; path: string };

export type Patch =
  | { type: "json"; operations: JsonPatchOperation[] }
  | { type: "merge"; body: object }
  | { type: "strategic"; body: object }
  | { type: "apply"; body: object; fieldManager: string; force?: boolean };

export type WatchEvent<T> =
  | { type: "ADDED" | "MODIFIED" | "DELETED"; object: Live<T> }
  | { type: "BOOKMARK"; resourceVersion: string };

export interface WatchOptions extends CallOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  resourceVersion?: string;
  /** Server-side end of the watch. */
  timeoutSeconds?: number;
}

/** A part of a list. */
export interface Page<T> {
  items: Live<T>[];
  resourceVersion: string;
  /** True for the first page, and again when the list had to start over: forget what came before. */
  first: boolean;
}

export interface LogOptions extends CallOptions {
  container?: string;
  previous?: boolean;
  tailLines?: number;
  /** The server ends its answer there. */
  limitBytes?: number;
}

/**
 * Every method rejects with `StatusError` when the server answered with an error, and with `TransportError` when there
 * was no usable answer (refused, reset, timed out, not JSON, no credentials). See errors.ts. An aborted `signal` rejects
 * with its own reason. A name that no object can have is a `StatusError` 400 and is never sent.
 */
export interface Kube {
  /** Base URL of the API server, for messages. */
  readonly server: string;
  get<T>(resource: Resource<T>, ref: Ref, options?: CallOptions): Promise<Live<T>>;
  list<T>(resource: Resource<T>, options?: ListOptions): Promise<{ items: Live<T>[]; resourceVersion: string }>;
  /** The same list page by page, for those who keep only parts of the objects. */
  pages<T>(resource: Resource<T>, options?: ListOptions): AsyncIterable<Page<T>>;
  create<T>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<Live<T>>;
  /** PUT; the object's resourceVersion is the precondition. */
  replace<T>(resource: Resource<T>, object: Live<T>, options?: WriteOptions): Promise<Live<T>>;
  replaceStatus<T>(resource: Resource<T>, object: Live<T>, options?: WriteOptions): Promise<Live<T>>;
  patch<T>(resource: Resource<T>, ref: Ref, patch: Patch, options?: WriteOptions): Promise<Live<T>>;
  patchStatus<T>(resource: Resource<T>, ref: Ref, patch: Patch, options?: WriteOptions): Promise<Live<T>>;
  delete<T>(resource: Resource<T>, ref: Ref, options?: DeleteOptions): Promise<void>;
  /** Ends when the server ends it or `signal` aborts; an ERROR event is thrown as `StatusError` (410 included). */
  watch<T>(resource: Resource<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
  logs(pod: { namespace: string; name: string }, options?: LogOptions): Promise<string>;
  /** POST to a subresource such as serviceaccounts/token, or to a review API that is not stored. */
  post<Answer>(path: string, body: object, options?: WriteOptions): Promise<Answer>;
  /** GET of any path: /version, /readyz. JSON when the answer is JSON, else text. */
  raw(path: string, options?: CallOptions): Promise<unknown>;
  /** Closes the kept-alive connections. */
  close(): void;
}
