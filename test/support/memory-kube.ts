/**
 * An API server in memory behind the `Kube` port, for tests of the control plane: names are unique, every write needs
 * the resourceVersion it names, lists select by labels and by spec.nodeName, watches see every change. No validation and no controllers.
 */
import { StatusError } from "../../src/kube/errors.ts";
import type {
  Kube,
  ListOptions,
  Live,
  LiveMeta,
  Patch,
  Ref,
  Resource,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from "../../src/kube/types.ts";

type Stored = { metadata: LiveMeta; status?: unknown };
/** Name of the method, the resource's plural, and the object it is about. */
export type Call = { verb: string; plural: string; name: string; dryRun?: true };

type Decided = Error | undefined;

export interface MemoryKube extends Kube {
  /** Every call so far. */
  calls: Call[];
  /** Throws the error that `decide` returns instead of carrying the call out; a promise makes the call hang until it settles. */
  failWith(decide: (call: Call) => Decided | Promise<Decided>): void;
  /** Answers posts to paths such as those of review APIs, which store nothing; without it they are refused. */
  answerPosts(answer: (path: string, body: object) => unknown): void;
  /** Everything of one kind, as stored. */
  all<T>(resource: Resource<T>): Live<T>[];
}

/** `isInstalled`: whether the installation's namespace is there from the beginning. */
export function createMemoryKube(now: () => number = Date.now, isInstalled = true): MemoryKube {
  const objects = new Map<string, Stored>(isInstalled ? [["namespaces//openfero", installationNamespace(now())]] : []);
  /** Every change; a change's number is its resourceVersion. Watches read it from where their list ended. */
  const history: { version: number; key: string; event: WatchEvent<unknown> }[] = [];
  const sleepers = new Set<() => void>();
  const calls: Call[] = [];
  let version = 0;
  let answerPost: ((path: string, body: object) => unknown) | undefined;
  let failure: (call: Call) => Decided | Promise<Decided> = () => undefined;

  const key = (plural: string, ref: { namespace?: string | undefined; name: string }) =>
    `${plural}/${ref.namespace ?? ""}/${ref.name}`;
  async function enter(verb: string, plural: string, name: string, dryRun = false): Promise<void> {
    const call: Call = { verb, plural, name, ...(dryRun ? { dryRun: true as const } : {}) };
    calls.push(call);
    // Answers never come in the same tick, so that concurrent callers interleave as they do over a network.
    await new Promise((resolve) => setImmediate(resolve));
    const error = await failure(call);
    if (error !== undefined) throw error;
  }
  function find(plural: string, ref: Ref): Stored {
    const found = objects.get(key(plural, ref));
    if (found === undefined) throw status(404, "NotFound", `${plural} "${ref.name}" not found`);
    return found;
  }
  function store(plural: string, object: Stored, type: "ADDED" | "MODIFIED" | "DELETED"): Stored {
    const stored = structuredClone({
      ...object,
      metadata: { ...object.metadata, resourceVersion: String(++version) },
    });
    const at = key(plural, stored.metadata);
    if (type === "DELETED") objects.delete(at);
    else objects.set(at, stored);
    history.push({ version, key: at, event: { type, object: structuredClone(stored) as unknown as Live<unknown> } });
    for (const wake of sleepers) wake();
    return structuredClone(stored);
  }
  async function patch<T>(resource: Resource<T>, ref: Ref, given: Patch, part: "spec" | "status"): Promise<Live<T>> {
    await enter(part === "status" ? "patchStatus" : "patch", resource.plural, ref.name);
    if (given.type !== "merge") throw new Error(`the memory API server knows merge patches only, not ${given.type}`);
    const before = find(resource.plural, ref);
    const { resourceVersion } = (given.body as { metadata?: { resourceVersion?: string } }).metadata ?? {};
    if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion) {
      throw status(409, "Conflict", `${ref.name} was modified`);
    }
    const merged = merge(before, given.body) as Stored & { spec?: unknown };
    const { spec, status: changed } = merged;
    const after = part === "status" ? { ...before, status: changed } : { ...before, metadata: merged.metadata, spec };
    return store(resource.plural, after as Stored, "MODIFIED") as Live<T>;
  }
  async function list<T>(resource: Resource<T>, options: ListOptions = {}) {
    await enter("list", resource.plural, "");
    return { items: select(resource, options), resourceVersion: String(version) };
  }
  function select<T>({ plural }: Resource<T>, { namespace, labelSelector, fieldSelector }: ListOptions): Live<T>[] {
    const node = /^spec\.nodeName=(.+)$/.exec(fieldSelector ?? "")?.[1];
    const wanted = (labelSelector ?? "").split(",").filter((term) => term !== "");
    return [...objects]
      .filter(([at]) => at.startsWith(`${plural}/${namespace === undefined ? "" : `${namespace}/`}`))
      .map(([, object]) => structuredClone(object) as Live<T> & { spec?: { nodeName?: string } })
      .filter(({ spec }) => node === undefined || spec?.nodeName === node)
      .filter(({ metadata }) =>
        wanted.every((term) => {
          const [name = "", value] = term.split("=");
          return metadata.labels?.[name] === value;
        }),
      );
  }
  return {
    server: "memory:",
    calls,
    failWith(decide) {
      failure = decide;
    },
    answerPosts(answer) {
      answerPost = answer;
    },
    all: (resource) => select(resource, {}),
    async get<T>(resource: Resource<T>, ref: Ref) {
      await enter("get", resource.plural, ref.name);
      return structuredClone(find(resource.plural, ref)) as Live<T>;
    },
    list,
    async *pages<T>(resource: Resource<T>, options?: ListOptions) {
      yield { ...(await list(resource, options)), first: true };
    },
    async create<T>(resource: Resource<T>, object: T, { dryRun = false }: WriteOptions = {}) {
      const { metadata = {}, ...rest } = object as { metadata?: Partial<LiveMeta> };
      const { name = "" } = metadata;
      await enter("create", resource.plural, name, dryRun);
      if (objects.has(key(resource.plural, { ...metadata, name }))) {
        throw status(409, "AlreadyExists", `${resource.plural} "${name}" already exists`);
      }
      const live = {
        uid: `uid-${dryRun ? "dry-run" : ++version}`,
        creationTimestamp: new Date(now()).toISOString(),
        generation: 1,
      };
      const created = { ...rest, metadata: { ...metadata, ...live, name, resourceVersion: "" } };
      if (dryRun) return structuredClone(created) as unknown as Live<T>;
      return store(resource.plural, created, "ADDED") as Live<T>;
    },
    async replace<T>(resource: Resource<T>, object: Live<T>) {
      await enter("replace", resource.plural, object.metadata.name);
      const before = find(resource.plural, object.metadata);
      if (object.metadata.resourceVersion !== before.metadata.resourceVersion) {
        throw status(409, "Conflict", `${object.metadata.name} was modified`);
      }
      return store(resource.plural, object as Stored, "MODIFIED") as Live<T>;
    },
    async replaceStatus<T>(resource: Resource<T>, object: Live<T>) {
      await enter("replaceStatus", resource.plural, object.metadata.name);
      const before = find(resource.plural, object.metadata);
      if (object.metadata.resourceVersion !== before.metadata.resourceVersion) {
        throw status(409, "Conflict", `${object.metadata.name} was modified`);
      }
      return store(resource.plural, { ...before, status: (object as Stored).status }, "MODIFIED") as Live<T>;
    },
    patch: (resource, ref, given) => patch(resource, ref, given, "spec"),
    patchStatus: (resource, ref, given) => patch(resource, ref, given, "status"),
    async delete(resource, ref, { preconditions = {} } = {}) {
      await enter("delete", resource.plural, ref.name);
      const found = find(resource.plural, ref);
      const { uid = found.metadata.uid, resourceVersion = found.metadata.resourceVersion } = preconditions;
      if (uid !== found.metadata.uid || resourceVersion !== found.metadata.resourceVersion) {
        throw status(409, "Conflict", `${ref.name} is not the one that the preconditions name`);
      }
      store(resource.plural, found, "DELETED");
    },
    async *watch<T>(resource: Resource<T>, options: WatchOptions) {
      const prefix = `${resource.plural}/${options.namespace ?? ""}`;
      let seen = Number(options.resourceVersion ?? version);
      for (;;) {
        options.signal?.throwIfAborted();
        const next = history.find((change) => change.version > seen && change.key.startsWith(prefix));
        if (next !== undefined) {
          seen = next.version;
          yield structuredClone(next.event) as WatchEvent<T>;
          continue;
        }
        await new Promise<void>((resolve) => {
          const wake = () => {
            sleepers.delete(wake);
            options.signal?.removeEventListener("abort", wake);
            resolve();
          };
          sleepers.add(wake);
          options.signal?.addEventListener("abort", wake, { once: true });
        });
      }
    },
    logs: notKnown("logs"),
    async post<Answer>(path: string, body: object) {
      const plural = path.slice(path.lastIndexOf("/") + 1);
      await enter("post", plural, "");
      if (answerPost === undefined) throw new Error("the memory API server does not know post");
      return answerPost(path, body) as Answer;
    },
    raw: notKnown("raw"),
    close: () => undefined,
  };
}

/** There from the beginning, as the installation leaves it. */
function installationNamespace(now: number): Stored {
  const name = "openfero";
  const metadata = { name, uid: `uid-${name}`, resourceVersion: "0", creationTimestamp: new Date(now).toISOString() };
  return { metadata };
}

function status(code: number, reason: string, message: string): StatusError {
  return new StatusError({ code, reason, message });
}

function notKnown(verb: string) {
  return () => Promise.reject(new Error(`the memory API server does not know ${verb}`));
}

/** RFC 7386. */
function merge(target: unknown, change: unknown): unknown {
  if (typeof change !== "object" || change === null || Array.isArray(change)) return change;
  const result: Record<string, unknown> =
    typeof target === "object" && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(change)) {
    if (value === null) delete result[name];
    else result[name] = merge(result[name], value);
  }
  return result;
}
