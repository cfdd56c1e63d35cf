import { describe, expect, it } from "vitest";
import {
  anEvent,
  anObservation,
  HOUR,
  MINUTE,
  NOW,
  SECOND,
  settings,
} from "../../../../test/support/daemonset-builders.ts";
import type { Observation } from "../facts.ts";
import { situation } from "../situation.ts";
import { beingDeleted, controllerBehind, controllerLagMs } from "./controller.ts";

const here = (observation: Observation) => situation(observation, settings);
const unobserved = (ageMs: number, scene: Partial<Omit<Observation, "daemonSet">> = {}) =>
  here(anObservation({ ...scene, daemonSet: { generation: 5, observedGeneration: 4, specChangedAt: NOW - ageMs } }));

describe("how far the controller is behind", () => {
  it.each([
    ["it has seen the spec", { generation: 5, observedGeneration: 5, specChangedAt: NOW - HOUR }, 0],
    ["it has seen more than this view", { generation: 4, observedGeneration: 5, specChangedAt: NOW - HOUR }, 0],
    ["since the change", { generation: 5, observedGeneration: 4, specChangedAt: NOW - 7 * SECOND }, 7 * SECOND],
    ["changed this moment", { generation: 5, observedGeneration: 4, specChangedAt: NOW }, 1],
    ["by a clock that is ahead", { generation: 5, observedGeneration: 4, specChangedAt: NOW + HOUR }, 1],
  ])("%s", (_name, daemonSet, want) => {
    expect(controllerLagMs(here(anObservation({ daemonSet })))).toBe(want);
  });

  it("two minutes are its own", () => {
    expect(controllerBehind(unobserved(2 * MINUTE))).toBeUndefined();
    expect(controllerBehind(unobserved(2 * MINUTE + 1))).toMatchObject({ cause: "C30" });
  });
});

describe("the controller does not act", () => {
  it("for nobody (C30)", () => {
    expect(controllerBehind(unobserved(3 * MINUTE))).toEqual({
      cause: "C30",
      reason: "ControllerBehind",
      message:
        "The DaemonSet controller has not acted on generation 5 for 180 s (it is at 4); changing the template or the pods would only queue more.",
      evidence: ["generation 5, observedGeneration 4"],
      pods: [],
      nodes: [],
      commands: [
        "kubectl get lease kube-controller-manager -n kube-system -o yaml",
        "kubectl describe daemonset/agent -n kube-system",
      ],
    });
  });

  it("it last worked when the spec changed, which proves nothing", () => {
    expect(controllerBehind(unobserved(3 * MINUTE, { controllerSeenAt: NOW - 3 * MINUTE }))?.cause).toBe("C30");
  });

  it("nobody knows when the spec changed: its age is unknown, so it is not behind", () => {
    const { specChangedAt: _none, ...daemonSet } = anObservation().daemonSet;
    const observation = { ...anObservation(), daemonSet: { ...daemonSet, generation: 9 }, controllerSeenAt: NOW };
    expect(controllerBehind(here(observation))).toBeUndefined();
  });

  it("for this DaemonSet only (C31), with its own words since the change", () => {
    const words = (count: number) =>
      Array.from({ length: count }, (_, i) => anEvent({ reason: "FailedSync", message: `word ${i}` }));
    const events = [
      anEvent({ about: "DaemonSet/other", message: "not mine" }),
      anEvent({ message: "before the change", lastAt: NOW - 3 * MINUTE - 1 }),
      anEvent({ reason: "SelectingAll", message: "at the change", lastAt: NOW - 3 * MINUTE }),
      ...words(3),
    ];
    expect(controllerBehind(unobserved(3 * MINUTE, { controllerSeenAt: NOW - MINUTE, events }))).toEqual({
      cause: "C31",
      reason: "ControllerRefuses",
      message:
        "The controller serves other DaemonSets but has not acted on generation 5 of this one for 180 s: it cannot write its ControllerRevision (a quota or a webhook on controllerrevisions, a duplicate), or another selector overlaps. Nothing else moves until that is repaired.",
      evidence: [
        "generation 5, observedGeneration 4",
        "the controller wrote the status of another DaemonSet at 2026-01-15T11:59:00.000Z, after the last change here",
        "SelectingAll: at the change",
        "FailedSync: word 0",
        "FailedSync: word 1",
      ],
      pods: [],
      nodes: [],
      commands: [
        "kubectl get resourcequota,controllerrevisions -n kube-system   # a quota on count/controllerrevisions.apps, a duplicate",
        "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations   # one with rules for controllerrevisions",
        "kubectl describe daemonset/agent -n kube-system",
      ],
    });
  });
});

describe("being deleted (C32)", () => {
  it("is said with what holds it", () => {
    expect(beingDeleted(here(anObservation()))).toBeUndefined();
    expect(beingDeleted(here(anObservation({ daemonSet: { deleting: true } })))).toEqual({
      cause: "C32",
      reason: "BeingDeleted",
      message: "daemonset/agent is being deleted; its status no longer changes.",
      evidence: ["metadata.deletionTimestamp is set"],
      pods: [],
      nodes: [],
      commands: ["kubectl get daemonset/agent -n kube-system -o jsonpath='{.metadata.finalizers}'"],
    });
  });
});
