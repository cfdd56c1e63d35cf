/** A cluster with the server's rights, its account, and a fault-injecting proxy before its API server. */
import { join } from "node:path";
import { install } from "../../sandbox/bootstrap/install.ts";
import { readManifests } from "../../sandbox/bootstrap/objects.ts";
import type { OperariusObject } from "../../src/operarius/operarius.ts";
import { operariuses } from "../../src/operarius/operarius.ts";
import type { AccountFiles, Cluster } from "../support/cluster.ts";
import { userOf } from "../support/cluster.ts";
import type { FaultProxy } from "../support/fault-proxy.ts";
import { startFaultProxy } from "../support/fault-proxy.ts";
import { operariusFolder } from "../support/operarius-folder.ts";
import { seeded } from "../support/seeded.ts";
import type { ServeOptions } from "../support/serve.ts";
import type { Fleet } from "./fleet.ts";
import { startFleet } from "./fleet.ts";

export interface World {
  cluster: Cluster;
  /** Of the server, for the API server itself. */
  account: AccountFiles;
  proxy: FaultProxy;
  /** 0 <= x < 1; the whole run's chance comes from here. */
  random: () => number;
  /** What to start a replica with; it talks through the proxy unless told otherwise. */
  options: (parts?: Partial<ServeOptions>) => ServeOptions;
  /** Starts replicas, plays with them, and ends them whatever comes of it. */
  withFleet<T>(
    size: number,
    play: (fleet: Fleet) => Promise<T>,
    parts?: (number: number) => Partial<ServeOptions>,
  ): Promise<T>;
  stop(): Promise<void>;
}

/** How the audit log calls the server. */
export const serverUser = userOf({ namespace: "openfero", name: "operarius" });

/** The cluster becomes the world's: `stop` stops it. The seed is printed; OPERARIUS_FAULTS_SEED gives it. */
export async function startWorld(
  cluster: Cluster,
  { entry, operarii = [] }: { entry: string; operarii?: readonly OperariusObject[] },
): Promise<World> {
  const seed = Number(process.env.OPERARIUS_FAULTS_SEED ?? Date.now() % 1_000_000);
  console.log(`faults: OPERARIUS_FAULTS_SEED=${seed}`);
  const random = seeded(seed);
  const { person } = cluster;
  await install(person, readManifests(join(operariusFolder, "../../../kustomize/rbac.yaml")));
  for (const operarius of operarii) await person.create(operariuses, operarius);
  const account = await cluster.account("openfero", "operarius");
  const proxy = await startFaultProxy({ url: cluster.url, account, random });
  const options = (parts: Partial<ServeOptions> = {}): ServeOptions => ({
    entry,
    kubeconfig: proxy.kubeconfig,
    home: cluster.scratch(),
    ...parts,
  });
  return {
    cluster,
    account,
    proxy,
    random,
    options,
    async withFleet(size, play, parts = () => ({})) {
      const fleet = await startFleet(size, (number) => options(parts(number)));
      try {
        return await play(fleet);
      } finally {
        proxy.use([]);
        proxy.rejoin();
        await fleet.stop();
      }
    },
    async stop() {
      await proxy.stop();
      await cluster.stop();
    },
  };
}
