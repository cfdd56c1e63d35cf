import { describe, expect, it } from "vitest";
import {
  anIntent,
  anObservation,
  aPod,
  crashingPod,
  fleet,
  HOUR,
  MINUTE,
  NOW,
  settings,
} from "../../../test/support/daemonset-builders.ts";
import type { Intent } from "../../engine/types.ts";
import { withoutVoid } from "./void-intents.ts";

const there = crashingPod("n2");
const going = aPod("n3", { deletionDeadline: NOW + MINUTE });
const observation = anObservation({ pods: fleet(4, [there, going]) });
const settled = NOW - settings.settleMs;

function deletion(overrides: Partial<Intent>): Intent {
  return anIntent({ node: "n2", pod: there.uid, at: NOW - HOUR, ...overrides });
}

function write(kind: "restart" | "rollback" | "touch", overrides: Partial<Intent> = {}): Intent {
  return anIntent({ kind, node: "", pod: "", generation: 2, at: NOW - HOUR, ...overrides });
}
const { generation: _none, ...unfenced } = write("rollback");

describe("an intent that came to nothing does not count", () => {
  it.each<[string, Intent]>([
    ["a deletion whose pod is there as ever", deletion({})],
    ["such a deletion, just settled", deletion({ at: settled })],
    ["a restart of the generation that still is", write("restart")],
    ["a rollback of the generation that still is", write("rollback")],
  ])("%s", (_name, intent) => expect(withoutVoid([intent], observation, settings)).toEqual([]));
});

describe("an intent counts as done", () => {
  it.each<[string, Intent]>([
    ["a deletion that may still be on its way", deletion({ at: settled + 1 })],
    ["a deletion whose pod is being deleted", deletion({ node: "n3", pod: going.uid })],
    ["a deletion whose pod is gone", deletion({ pod: "gone" })],
    ["a restart after which the generation rose", write("restart", { generation: 1 })],
    ["a rollback after which the generation rose", write("rollback", { generation: 1 })],
    ["a write of which the generation was not noted", unfenced],
    ["a touch, which raises no generation", write("touch")],
    ["a deletion for an earlier DaemonSet of this name", deletion({ uid: "before" })],
    ["a restart of an earlier DaemonSet of this name", write("restart", { uid: "before" })],
  ])("%s", (_name, intent) => expect(withoutVoid([intent], observation, settings)).toEqual([intent]));

  it("each for itself", () => {
    const intents = [write("rollback"), deletion({ pod: "gone" }), deletion({}), write("touch")];
    expect(withoutVoid(intents, observation, settings)).toEqual([intents[1], intents[3]]);
  });
});
