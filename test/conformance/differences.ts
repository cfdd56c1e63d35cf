/** What one of the two clusters lacks, and why. Such a case is reported as skipped with its reason. */
import type { WorldName } from "./world.ts";

export interface Difference {
  /** The case's name. */
  name: string;
  /** Where it is not run. */
  world: WorldName;
  reason: string;
}

const lacks = (name: string, reason: string): Difference => ({ name, world: "sandbox", reason });

export const differences: readonly Difference[] = [
  lacks(
    "a rule may use Kubernetes' own functions: quantity()",
    "the CEL library has none of Kubernetes' own functions; a rule that cannot be run refuses nothing",
  ),
  lacks(
    "an Indexed Job gives each of its pods a number",
    "every Job runs as NonIndexed: neither our Jobs nor those of the shipped rules are Indexed",
  ),
  lacks(
    "a podFailurePolicy ends a Job at an exit code",
    "it is stored and not followed: our Jobs have backoffLimit 0 and end with their first failure",
  ),
  lacks(
    "the columns of a Table have descriptions",
    "kubectl shows none of them; they would be the field documentation of all kinds",
  ),
  lacks(
    "the shipped admission policy holds who approved a plan",
    "there are no admission policies; test/contract/approval-policy.test.ts evaluates the shipped one",
  ),
  lacks("the server tells its own measurements at /metrics", "nothing of ours reads the measurements of an API server"),
  lacks(
    "storage, networking and autoscaling have API groups",
    "only kinds that we, our users or the controllers here touch are served",
  ),
];
