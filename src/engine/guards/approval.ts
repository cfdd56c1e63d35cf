/** Mode approve: no write without a person's word, whatever the other policies allow by themselves. */
import type { Guard } from "./guard.ts";
import { pass } from "./guard.ts";

/** What a person reads in mode approve. */
export const MODE_APPROVE = "In mode approve a person must agree to every plan with writes.";

export const approval: Guard = {
  name: "Approval",
  judge({ plan, policies }) {
    return policies.mode !== "approve" || plan.needsApproval
      ? pass
      : { kind: "needs-approval", reason: "ModeApprove", message: MODE_APPROVE };
  },
};
