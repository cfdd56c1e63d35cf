/** What a conformance case is and what it is given. */

import type { Kube } from "../../src/kube/types.ts";
import type { UntilOptions } from "../support/until.ts";
import type { Http } from "./http.ts";
import type { KubectlOptions, Output } from "./kubectl.ts";
import type { World } from "./world.ts";

/** One case's own corner of the cluster. */
export interface Bench {
  readonly world: World;
  readonly kube: Kube;
  readonly http: Http;
  /** A namespace of its own, with its default ServiceAccount. */
  readonly namespace: string;
  /** Nodes of its own; they carry `groundLabel` = `namespace`. */
  readonly nodes: readonly string[];
  /** Runs kubectl in the namespace; rejects with its stderr when it fails. */
  kubectl(args: readonly string[], options?: KubectlOptions): Promise<string>;
  /** The same, whatever the exit code. */
  tryKubectl(args: readonly string[], options?: KubectlOptions): Promise<Output>;
  until<T>(what: string, look: () => T | Promise<T>, options?: UntilOptions): Promise<Exclude<T, undefined | false>>;
}

export interface Case {
  /** Unique; a sentence about Kubernetes. */
  name: string;
  /** How many nodes it needs for itself. Default 0. */
  nodes?: number;
  readonly run: (bench: Bench) => Promise<void>;
}

/** Marks the nodes of one case. */
export const groundLabel = "operarius.test/ground";
