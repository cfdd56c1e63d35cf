/** Every case, in the order in which they are reported. */
import type { Case } from "../case.ts";
import { accessCases } from "./access.ts";
import { collectionCases } from "./collection.ts";
import { customCases } from "./custom.ts";
import { daemonSetCases } from "./daemonsets.ts";
import { jobCases } from "./jobs.ts";
import { kubectlCases } from "./kubectl.ts";
import { nodeCases } from "./nodes.ts";
import { ownershipCases } from "./ownership.ts";
import { readingCases } from "./reading.ts";
import { revisionCases } from "./revisions.ts";
import { writingCases } from "./writing.ts";

export const cases: readonly Case[] = [
  ...readingCases,
  ...writingCases,
  ...ownershipCases,
  ...customCases,
  ...accessCases,
  ...daemonSetCases,
  ...revisionCases,
  ...jobCases,
  ...collectionCases,
  ...nodeCases,
  ...kubectlCases,
];
