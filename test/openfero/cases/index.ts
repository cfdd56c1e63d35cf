/** Every case of CONTRACT.md §2, then every departure of §3. */
import { authenticationCases } from "./authentication.ts";
import { chainCases } from "./chain.ts";
import { crdCases } from "./crd.ts";
import { durabilityDepartures } from "./durability.ts";
import { episodeCases } from "./episodes.ts";
import { jobDepartures } from "./job-departures.ts";
import { jobCases } from "./jobs.ts";
import { matchingCases } from "./matching.ts";
import { receivingCases } from "./receiving.ts";
import { serverCases } from "./server.ts";
import { targetDepartures } from "./targets.ts";

export const cases = [
  ...receivingCases,
  ...authenticationCases,
  ...matchingCases,
  ...jobCases,
  ...episodeCases,
  ...serverCases,
  ...crdCases,
  ...chainCases,
  ...durabilityDepartures,
  ...targetDepartures,
  ...jobDepartures,
];
