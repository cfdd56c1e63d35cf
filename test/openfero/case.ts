/** What a case of the compatibility suite is and what it is given. */
import type { Kube } from "../../src/kube/types.ts";
import type { Cluster } from "../support/cluster.ts";
import type { Server } from "../support/serve.ts";
import type { Api } from "./api.ts";
import type { Seen } from "./operarius.ts";
import type { Relay } from "./relay.ts";

export interface Bench {
  readonly cluster: Cluster;
  /** A person with kubectl and every right. */
  readonly kube: Kube;
  readonly seen: Seen;
  /** Three replicas of one installation, one for each way to prove who one is. */
  readonly open: Api;
  readonly basic: Api;
  readonly bearer: Api;
  /** Between the bearer server and the API server. */
  readonly relay: Relay;
  /** Starts one more server; `stop` ends it with the others. Through `relay` it knows its cluster later or never. */
  readonly startAnother: (relay?: Relay) => Promise<Server>;
  /** A way of its own to the API server, down at first. */
  readonly createRelay: () => Promise<Relay>;
  /** Runs `operarius serve` that is expected to refuse its configuration. */
  readonly refuses: (args: readonly string[]) => Promise<{ code?: number; stderr: string }>;
  /** An empty folder. */
  readonly scratch: () => string;
}

export interface Case {
  /** Begins with its number in the contract: "20 ..." for a case, "3.7 ..." for a departure. */
  title: string;
  /** For what all of a server's alerts, or the cluster's reachability, change: after the others, one at a time. */
  inOrder?: true;
  /** Calls `skip` with the reason where this machine lacks what it takes. */
  readonly run: (bench: Bench, skip: (reason: string) => void) => Promise<void>;
}
