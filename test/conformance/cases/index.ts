/** Every case, in the order in which they are reported. */
import type { Case } from "../case.ts";
import { accessCases } from "./access.ts";
import { collectionCases } from "./collection.ts";
import { customCases } from "./custom.ts";
import { creationCases } from "./daemonset-creation.ts";
import { podCases } from "./daemonset-pods.ts";
import { daemonSetRolloutCases } from "./daemonset-rollouts.ts";
import { deletingCases } from "./deleting.ts";
import { eligibilityCases } from "./eligibility.ts";
import { jobCases } from "./jobs.ts";
import { kubectlCases } from "./kubectl.ts";
import { nodeCases } from "./nodes.ts";
import { ownershipCases } from "./ownership.ts";
import { patchingCases } from "./patching.ts";
import { readingCases } from "./reading.ts";
import { revisionCases } from "./revisions.ts";
import { validationCases } from "./validation.ts";
import { writingCases } from "./writing.ts";

export const cases: readonly Case[] = [
  ...readingCases,
  ...writingCases,
  ...validationCases,
  ...patchingCases,
  ...deletingCases,
  ...ownershipCases,
  ...customCases,
  ...accessCases,
  ...podCases,
  ...daemonSetRolloutCases,
  ...creationCases,
  ...eligibilityCases,
  ...revisionCases,
  ...jobCases,
  ...collectionCases,
  ...nodeCases,
  ...kubectlCases,
];
