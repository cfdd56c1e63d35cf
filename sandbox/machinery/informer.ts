/** A reflector that several controllers listen to. */
import type { Change, Reflector } from "../../src/kube/reflector.ts";
import { startReflector } from "../../src/kube/reflector.ts";
import type { Kube, Live, Resource } from "../../src/kube/types.ts";

export interface Informer<T> {
  items(): Live<T>[];
  get(namespace: string | undefined, name: string): Live<T> | undefined;
  readonly synced: Promise<void>;
  /** Called for every change from now on, with the object as it is now (or was, when deleted). */
  subscribe(handler: (object: Live<T>, change: Change<Live<T>>) => void): void;
  stop(): void;
}

/** Starts watching one kind in all namespaces, or what `fieldSelector` leaves. */
export function startInformer<T>(options: {
  kube: Kube;
  resource: Resource<T>;
  fieldSelector?: string;
  log: (line: string) => void;
}): Informer<T> {
  const handlers: ((object: Live<T>, change: Change<Live<T>>) => void)[] = [];
  const reflector: Reflector<Live<T>> = startReflector<T>({
    kube: options.kube,
    resource: options.resource,
    ...(options.fieldSelector !== undefined && { fieldSelector: options.fieldSelector }),
    onChange: (change) => {
      for (const handler of handlers) handler(change.object, change);
    },
    onError: (error) => options.log(`watching ${options.resource.plural}: ${String(error)}`),
  });
  return {
    items: () => reflector.items(),
    get: (namespace, name) => reflector.get(namespace, name),
    synced: reflector.synced,
    subscribe: (handler) => {
      handlers.push(handler);
    },
    stop: () => reflector.stop(),
  };
}

/** Whether the watch has shown exactly this object. */
export function isShownBy<T>(informer: Informer<T>): (object: Live<T>) => boolean {
  return ({ metadata: { namespace, name, uid } }) => informer.get(namespace, name)?.metadata.uid === uid;
}

/** The key of an object for work queues: namespace/name, or the name alone. */
export function keyOf(meta: { namespace?: string; name: string }): string {
  return meta.namespace === undefined ? meta.name : `${meta.namespace}/${meta.name}`;
}

/** The reverse of `keyOf`. */
export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf("/");
  return slash < 0 ? { namespace: "", name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
