/** Every case, in the order in which they are reported. */
import type { Case } from "../case.ts";
import { accessCases } from "./access.ts";
import { approvalPolicyCases } from "./approval-policy.ts";
import { bodyCases } from "./bodies.ts";
import { budgetCases } from "./budgets.ts";
import { collectionCases } from "./collection.ts";
import { customCases } from "./custom.ts";
import { creationCases } from "./daemonset-creation.ts";
import { podCases } from "./daemonset-pods.ts";
import { daemonSetRolloutCases } from "./daemonset-rollouts.ts";
import { definitionCases } from "./definitions.ts";
import { deletingCases } from "./deleting.ts";
import { eligibilityCases } from "./eligibility.ts";
import { jobCases } from "./jobs.ts";
import { kubectlCases } from "./kubectl.ts";
import { kubectlWorkCases } from "./kubectl-work.ts";
import { listingCases } from "./listing.ts";
import { nodeCases } from "./nodes.ts";
import { optionCases } from "./options.ts";
import { outOfScopeCases } from "./out-of-scope.ts";
import { ownershipCases } from "./ownership.ts";
import { patchRefusalCases } from "./patch-refusals.ts";
import { patchingCases } from "./patching.ts";
import { readingCases } from "./reading.ts";
import { revisionCases } from "./revisions.ts";
import { storedFormCases } from "./stored-form.ts";
import { validationCases } from "./validation.ts";
import { writingCases } from "./writing.ts";

export const cases: readonly Case[] = [
  ...readingCases,
  ...listingCases,
  ...bodyCases,
  ...writingCases,
  ...validationCases,
  ...storedFormCases,
  ...patchingCases,
  ...patchRefusalCases,
  ...deletingCases,
  ...optionCases,
  ...ownershipCases,
  ...customCases,
  ...definitionCases,
  ...accessCases,
  ...podCases,
  ...daemonSetRolloutCases,
  ...creationCases,
  ...eligibilityCases,
  ...revisionCases,
  ...jobCases,
  ...budgetCases,
  ...collectionCases,
  ...nodeCases,
  ...kubectlCases,
  ...kubectlWorkCases,
  ...outOfScopeCases,
  ...approvalPolicyCases,
];
