/** What one of the two clusters lacks, and why. Such a case is reported as skipped with its reason. */
import type { WorldName } from "./world.ts";

export interface Difference {
  /** The case's name. */
  name: string;
  /** Where it is not run. */
  world: WorldName;
  reason: string;
}

export const differences: readonly Difference[] = [
  {
    name: "a rule may use Kubernetes' own functions: quantity()",
    world: "sandbox",
    reason: "the CEL library has none of Kubernetes' own functions; a rule that cannot be run refuses nothing",
  },
  {
    name: "every namespace gets the root certificate of the cluster as a ConfigMap",
    world: "sandbox",
    reason: "nothing here reads it: the fake kubelet writes ca.crt beside the token by itself",
  },
];
