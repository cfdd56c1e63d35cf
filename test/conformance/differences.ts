/** What one of the two clusters lacks, and why. Such a case is reported as skipped with its reason. */
import type { WorldName } from "./world.ts";

export interface Difference {
  /** The case's name. */
  name: string;
  /** Where it is not run. */
  world: WorldName;
  reason: string;
}

export const differences: readonly Difference[] = [];
