/** The reason and the sentence of a plan: what is acted on, what remains for a person, what was learnt. */
import { describe, expect, it } from "vitest";
import { causeFixtures } from "../../../test/support/cause-fixtures.ts";
import {
  anIntent,
  anObservation,
  aPlanContext,
  asAct,
  aTemplate,
  badImagePod,
  crashingPod,
  deadNode,
  failedPod,
  fleet,
  HOUR,
  NOW,
  oldPod,
  settings,
  someNodes,
  stoppedRollout,
  terminatingPod,
} from "../../../test/support/daemonset-builders.ts";
import type { Plan } from "../../engine/types.ts";
import { diagnose } from "./diagnose.ts";
import type { Observation } from "./facts.ts";
import { plan } from "./plan.ts";

type Given = Parameters<typeof aPlanContext>[0];

function planned(observation: Observation, given: Given = {}): Plan {
  return plan(observation, diagnose(observation, { settings }), aPlanContext(given));
}

const off: Given = { policies: { rollback: "off" } };

describe("the sentence", () => {
  const tried = anIntent({ node: "n2", trouble: "CrashLoop", at: NOW - HOUR });

  it("is of the second group, and so is the reason, where the first may not be touched", () => {
    const held = failedPod("n3", { finalizers: ["example.com/hold"] });
    expect(planned(anObservation({ pods: fleet(8, [crashingPod("n2"), held]) }))).toMatchObject({
      kind: "act",
      reason: "OneNodeOnly",
      message:
        "6 of 8 pods run with the same revision; only agent-n2 on n2 does not: container main keeps ending: exit code 1. The revision is good, something on n2 is not. It remains for a person: evicted or otherwise Failed on n3 (C14).",
      steps: [{ kind: "delete-pod", node: "n2" }],
      more: false,
      needsApproval: false,
    });
  });

  it("names no finding twice that the rollback ends, and what remains", () => {
    const eight = stoppedRollout([], {
      pods: fleet(8, [badImagePod("n1"), crashingPod("n2")], oldPod),
      nodes: someNodes(8).map((node) => (node.name === "n8" ? deadNode("n8") : node)),
    });
    expect(asAct(planned(eight)).message).toBe(
      "5 of 8 pods run; the new image app:ok-2 does not exist; rolling back to revision 1 would restart nothing. It remains for a person: a dead node that counts on n8 (C16).",
    );
  });

  it("a revision of defaults only is nothing that remains for a person", () => {
    const observation = causeFixtures.C36;
    if (!observation) throw new Error("no fixture C36");
    expect(asAct(planned(observation)).message).toBe(
      "3 of 4 pods run with the same revision; only agent-n1 on n1 does not: container main keeps ending: exit code 1. The revision is good, something on n1 is not.",
    );
  });

  it.each<[string, Observation, Given, string, string]>([
    [
      "a fresh pod had it again",
      anObservation({ pods: fleet(4, [crashingPod("n2")]) }),
      { intents: [tried] },
      "AlreadyTried",
      " A fresh pod had the same trouble.",
    ],
    [
      "a fresh pod has something else",
      anObservation({ pods: fleet(4, [crashingPod("n2")]) }),
      { intents: [{ ...tried, trouble: "NeverReady" }] },
      "ReplacementFailing",
      " The fresh pod has another trouble.",
    ],
    [
      "it was so elsewhere",
      anObservation({ pods: fleet(4, [crashingPod("n2")]) }),
      { intents: [{ ...tried, node: "n3" }] },
      "SameReasonElsewhere",
      " Another node had the same trouble before.",
    ],
    [
      "the canary taught it, and no rollback may be",
      stoppedRollout([crashingPod("n1")], { daemonSet: { template: aTemplate({ gated: true }) } }),
      { ...off, intents: [{ ...tried, node: "n1" }] },
      "AlreadyTried",
      " A fresh pod had the same trouble.",
    ],
    ["no rollback may be", stoppedRollout([badImagePod("n1")]), off, "RollbackOff", ""],
    ["the template is not at fault", stoppedRollout([terminatingPod("n3", HOUR)]), off, "TerminationStuck", ""],
    [
      "deletions are off",
      anObservation({ pods: fleet(4, [crashingPod("n2")]) }),
      { policies: { delete: "off" } },
      "OneNodeOnly",
      "",
    ],
  ])("of a decline: %s", (_name, observation, given, reason, taught) => {
    const { message } = diagnose(observation, { settings });
    expect(planned(observation, given)).toMatchObject({ kind: "decline", reason, message: `${message}${taught}` });
  });
});
