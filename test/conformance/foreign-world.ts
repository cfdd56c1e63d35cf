/** A cluster of the user's as a world: no nodes of ours, nothing that is not in a namespace of ours but definitions of kinds. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { marksOf } from "../../scripts/cluster/foreign/names.ts";
import type { ForeignSettings } from "../runner/settings.ts";
import type { Case } from "./case.ts";
import { accessCases } from "./cases/access.ts";
import { customCases } from "./cases/custom.ts";
import { patchingCases } from "./cases/patching.ts";
import { readingCases } from "./cases/reading.ts";
import { validationCases } from "./cases/validation.ts";
import { writingCases } from "./cases/writing.ts";
import { adminOf, bearer } from "./clients.ts";
import { identityOf } from "./identity.ts";
import type { World } from "./world.ts";

/** About the API alone: their pods are for a scheduler that does not exist, so that no node of the user's ever sees one. */
const aboutTheApi: readonly Case[] = [
  ...readingCases,
  ...writingCases,
  ...validationCases,
  ...patchingCases,
  ...customCases,
  ...accessCases,
];

const forgets = "a watch from a version that is forgotten ends with 410 Expired";

/** Why the case is not run on a cluster of the user's; undefined where it is. */
export function notRunOnForeign(each: Case): string | undefined {
  if (each.name === forgets) return "the history of a cluster of yours is not ours to compact";
  if (each.nodes !== undefined || !aboutTheApi.includes(each)) {
    return "it needs pods that run, and nodes of ours are closed to pods that do not know them";
  }
  return undefined;
}

/** Resolves at once: nothing is started. Errors: when the kubeconfig has no client certificate inside. */
export async function startForeignWorld(settings: ForeignSettings): Promise<World> {
  const kubeconfig = ownKubeconfig(settings);
  const admin = await adminOf(kubeconfig);
  const identity = identityOf(kubeconfig);
  const { gitVersion } = (await admin.raw("/version")) as { gitVersion: string };
  const clients = [admin];
  const scratch = join(settings.directory, "scratch");
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  return {
    name: "real",
    version: gitVersion,
    url: admin.server,
    kubeconfig,
    identity,
    admin,
    marks: marksOf(settings.namespace),
    withToken(token) {
      const client = bearer(admin.server, identity.caPem, token);
      clients.push(client);
      return client;
    },
    addNodes: () => Promise.reject(new Error("there are no nodes of ours on a cluster of yours")),
    compact: () => Promise.reject(new Error("the history of a cluster of yours is not ours to compact")),
    scratch,
    async stop() {
      for (const client of clients) client.close();
    },
  };
}

interface Named {
  name: string;
}

interface Kubeconfig {
  contexts: (Named & { context: { cluster: string; user: string } })[];
  clusters: Named[];
  users: Named[];
}

/** The user's file, cut down to the one context: kubectl and our own client must mean the same cluster. */
function ownKubeconfig({ kubeconfig, context, directory }: ForeignSettings): string {
  const { contexts, clusters, users } = parse(readFileSync(kubeconfig, "utf8")) as Kubeconfig;
  const chosen = contexts.find(({ name }) => name === context);
  const file = join(directory, "kubeconfig");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": context,
    contexts: contexts.filter((each) => each === chosen),
    clusters: clusters.filter(({ name }) => name === chosen?.context.cluster),
    users: users.filter(({ name }) => name === chosen?.context.user),
  };
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}
