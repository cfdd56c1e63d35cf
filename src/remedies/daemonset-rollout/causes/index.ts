/** Every cause that is known here, each from the file of its family. */
import type { CauseId } from "../../../engine/types.ts";
import type { Cause } from "./cause.ts";
import { configCauses } from "./config.ts";
import { controllerCauses } from "./controller.ts";
import { crashCauses } from "./crash.ts";
import { creationCauses } from "./creation.ts";
import { extraPodCauses } from "./extra-pods.ts";
import { imageCauses } from "./image.ts";
import { injectedCauses } from "./injected.ts";
import { movedTagCauses } from "./moved-tag.ts";
import { nodeCauses } from "./nodes.ts";
import { progressCauses } from "./progress.ts";
import { readinessCauses } from "./readiness.ts";
import { revisionCauses } from "./revision.ts";
import { schedulingCauses } from "./scheduling.ts";
import { staleCauses } from "./stale.ts";
import { strategyCauses } from "./strategy.ts";
import { templateHistoryCauses } from "./template-history.ts";
import { terminatingCauses } from "./terminating.ts";

/** C01 to C42, in that order. */
export const causes: readonly Cause[] = [
  ...imageCauses,
  ...crashCauses,
  ...readinessCauses,
  ...configCauses,
  ...revisionCauses,
  ...schedulingCauses,
  ...nodeCauses,
  ...terminatingCauses,
  ...creationCauses,
  ...strategyCauses,
  ...staleCauses,
  ...controllerCauses,
  ...injectedCauses,
  ...movedTagCauses,
  ...progressCauses,
  ...templateHistoryCauses,
  ...extraPodCauses,
].sort((a, b) => (a.id < b.id ? -1 : 1));

const titles: ReadonlyMap<string, string> = new Map(causes.map(({ id, title }) => [id, title]));

/** "the image of the new revision does not exist"; the number itself for one that is not in the catalogue. */
export function titleOf(cause: CauseId): string {
  return titles.get(cause) ?? cause;
}
