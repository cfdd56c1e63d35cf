/** Managed by others: a template that somebody else writes is theirs; a write of ours would be reverted or fought over. */
import type { Guard } from "./guard.ts";
import { pass, writesTemplate } from "./guard.ts";
import { ownerOf, ownerSentence } from "./owner.ts";

export const managedBy: Guard = {
  name: "ManagedByOthers",
  judge({ plan, facts }) {
    if (!writesTemplate(plan)) return pass;
    const owner = ownerOf(facts);
    if (owner)
      return { kind: "veto", reason: "ManagedByOthers", message: ownerSentence(owner), command: owner.command };
    return facts.templateManagers.length === 0
      ? {
          kind: "veto",
          reason: "ManagerUnknown",
          message: "The target's managedFields do not say who owns the template, so it is left alone.",
        }
      : pass;
  },
};
