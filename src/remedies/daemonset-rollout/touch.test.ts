import { describe, expect, it } from "vitest";
import {
  anIntent,
  anObservation,
  aPlanContext,
  MINUTE,
  NOW,
  settings,
} from "../../../test/support/daemonset-builders.ts";
import type { Intent, Plan } from "../../engine/types.ts";
import { assess, diagnose } from "./diagnose.ts";
import { plan } from "./plan.ts";
import { touchFor } from "./touch.ts";

const stale = anObservation({
  staleSince: NOW - 3 * MINUTE,
  daemonSet: { status: { desired: 4, current: 4, updated: 4, ready: 4, available: 4, misscheduled: 1 } },
});
const { here } = assess(stale, settings);
const command = "kubectl annotate daemonset/agent -n kube-system --overwrite operarius.openfero.io/touched-at=now";
const summary = `annotate the DaemonSet (not its template), so that the controller counts again; this restarts nothing (${command})`;
const before = anIntent({ kind: "touch", generation: 2, node: "", pod: "" });

type Given = Parameters<typeof aPlanContext>[0];

function planned(given: Given = {}): Plan {
  return plan(stale, diagnose(stale, { settings }), aPlanContext(given));
}

describe("a touch", () => {
  it("is one annotation, which restarts nothing", () => {
    expect(touchFor(here, "StatusStale", aPlanContext())).toEqual({
      kind: "step",
      step: { kind: "touch", reason: "StatusStale", summary },
    });
  });

  it("prints its command where the right to it is missing", () => {
    expect(touchFor(here, "StatusStale", aPlanContext({ mayPatchTemplate: false }))).toEqual({
      kind: "refused",
      reason: "MissingRight",
      message: `these rights do not include changing the DaemonSet; the command is ${command}`,
    });
  });

  const { generation: _none, ...ofUnknownGeneration } = before;
  it.each<[string, Intent, "step" | "AlreadyTouched"]>([
    ["this generation", before, "AlreadyTouched"],
    ["an earlier generation", { ...before, generation: 1 }, "step"],
    // An entry of an older version: what cannot be told apart counts as done.
    ["a generation that was not noted", ofUnknownGeneration, "AlreadyTouched"],
    ["another DaemonSet of this name", { ...before, uid: "before" }, "step"],
    ["no touch, but a restart", { ...before, kind: "restart" }, "step"],
  ])("was made for %s", (_name, intent, want) => {
    const result = touchFor(here, "StatusStale", aPlanContext({ intents: [intent] }));
    expect(result.kind === "refused" ? result.reason : result.kind).toBe(want);
  });
});

describe("the plan of a stale status", () => {
  const { message } = diagnose(stale, { settings });

  it("is the touch and nothing else", () => {
    expect(planned()).toMatchObject({
      kind: "act",
      reason: "StatusStale",
      message,
      steps: [{ kind: "touch", reason: "StatusStale", summary }],
      more: false,
      needsApproval: false,
      notes: { delete: "not needed: all pods run", template: summary },
    });
  });

  it("says why it is not made, and as its sentence, too", () => {
    const why = "generation 2 was touched before, and the controller has not counted anew";
    expect(planned({ intents: [before] })).toEqual({
      kind: "decline",
      reason: "AlreadyTouched",
      message: `${message} Not done: ${why}.`,
      notes: { delete: "not needed: all pods run", template: `not done: ${why}` },
    });
  });
});
