/** A reflector, a scripted server, and what happened between them. */
import type { Pod } from "kubernetes-types/core/v1";
import { onTestFinished } from "vitest";
import type { Change, Reflector, ReflectorOptions } from "../reflector.ts";
import { startReflector } from "../reflector.ts";
import { pods } from "../resources.ts";
import type { Kube, Live } from "../types.ts";
import { event, testKube } from "./builders.ts";
import type { Behaviour, FaultServer } from "./fault-server.ts";
import { startFaultServer, watchLines } from "./fault-server.ts";

/** What a server sends when a watch has fallen too far behind. */
export const gone = event("ERROR", { kind: "Status", code: 410, reason: "Expired", message: "too old" });
/** A watch on which nothing happens. */
export const open = watchLines([], "keep-open");
/** A line that only carries a resourceVersion. */
export const bookmark = (version: number): string =>
  event("BOOKMARK", { metadata: { resourceVersion: String(version) } });

/** A reflector at work on a scripted server. */
export interface Scene {
  server: FaultServer;
  kube: Kube;
  reflector: Reflector<string>;
  changes: string[];
  errors: unknown[];
}

type Extra = Partial<ReflectorOptions<Pod, string>>;

/**
 * Lists and watches are scripted apart; the last behaviour of each stays. Objects are kept as
 * "name@version". Everything ends with the test.
 */
export async function play(
  script: { lists: Behaviour[]; watches: Behaviour[] },
  extra: Extra = {},
  client: Parameters<typeof testKube>[1] = {},
): Promise<Scene> {
  const lists = [...script.lists];
  const watches = [...script.watches];
  const server = await startFaultServer((response, request) => {
    const queue = request.query.has("watch") ? watches : lists;
    (queue.length > 1 ? queue.shift() : queue[0])?.(response, request);
  });
  const kube = testKube(server, client);
  const changes: string[] = [];
  const errors: unknown[] = [];
  const reflector = startReflector<Pod, string>({
    kube,
    resource: pods,
    // The shortest waits there are.
    random: () => 0,
    project: ({ metadata }: Live<Pod>) => `${metadata.name}@${metadata.resourceVersion}`,
    onChange: ({ type, object, previous }: Change<string>) =>
      changes.push(`${type} ${object}${previous === undefined ? "" : ` was ${previous}`}`),
    onError: (error) => errors.push(error),
    ...extra,
  });
  onTestFinished(async () => {
    reflector.stop();
    kube.close();
    await server.close();
  });
  return { server, kube, reflector, changes, errors };
}

/** The resourceVersions from which watches were asked for. */
export const watched = (scene: Scene): (string | null)[] =>
  scene.server.requests.filter(({ query }) => query.has("watch")).map(({ query }) => query.get("resourceVersion"));
/** How many list requests came. */
export const listed = (scene: Scene): number => scene.server.requests.filter(({ query }) => !query.has("watch")).length;
