import { describe, expect, it } from "vitest";
import { anObservation, crashingPod } from "../../../../test/support/daemonset-builders.ts";
import type { ContainerFacts } from "../facts.ts";
import { clause, imageOf, logCommands, quote } from "./trouble.ts";

const { daemonSet } = anObservation();
const container = (overrides: Partial<ContainerFacts> = {}): ContainerFacts => ({
  name: "agent",
  init: false,
  image: "",
  imageId: "",
  ready: false,
  restartCount: 0,
  ...overrides,
});

describe("imageOf", () => {
  it("is the pod's own image: the template may have moved on since", () =>
    expect(imageOf(container({ image: "app:bad-2" }), daemonSet)).toBe("app:bad-2"));
  it("is the template's while the status names none", () => {
    const [name, image] = Object.entries(daemonSet.template.images)[0] ?? ["", ""];
    expect(imageOf(container({ name }), daemonSet)).toBe(image);
  });
});

describe("quote and clause", () => {
  it.each([
    ["images must come from here.", "images must come from here.", "images must come from here"],
    [" two lines.\nand more ", "two lines.", "two lines"],
    ["1.2.3 stays as it is", "1.2.3 stays as it is", "1.2.3 stays as it is"],
    ["", "", ""],
    ["x".repeat(201), `${"x".repeat(199)}…`, `${"x".repeat(199)}…`],
  ])("%j", (text, quoted, within) => {
    expect(quote(text)).toBe(quoted);
    expect(clause(text)).toBe(within);
  });
});

describe("logCommands", () => {
  const commands = (containers: ContainerFacts[]) => logCommands({ ...crashingPod("n1"), containers });
  it.each([
    ["a container that ended before", [container({ restartCount: 2 })], /--previous$/],
    ["a container that runs", [container({ runningSince: 1 })], /^kubectl logs \S+ -n \S+$/],
  ])("%s", (_, containers, want) => expect(commands(containers)).toEqual([expect.stringMatching(want)]));
  it.each<[string, string | undefined, ContainerFacts[], string[]]>([
    [
      "the second of two",
      "side",
      [container({ runningSince: 1 }), container({ name: "side", restartCount: 2 })],
      ["-c side --previous"],
    ],
    [
      "an init container",
      "prepare",
      [container({ name: "prepare", init: true, restartCount: 2 }), container()],
      ["-c prepare --previous"],
    ],
    [
      "one that runs beside one that ended",
      "agent",
      [container({ runningSince: 1 }), container({ name: "side", restartCount: 2 })],
      ["-c agent"],
    ],
    [
      "one that never ran beside one that did",
      "agent",
      [container(), container({ name: "side", runningSince: 1 })],
      [],
    ],
    [
      "nobody knows which: the one that ended",
      undefined,
      [container({ runningSince: 1 }), container({ name: "side", restartCount: 2 })],
      ["-c side --previous"],
    ],
    [
      "nobody knows which: the one that runs",
      undefined,
      [container(), container({ name: "side", runningSince: 1 })],
      ["-c side"],
    ],
  ])("of several containers %s is named", (_, name, containers, want) => {
    const pod = crashingPod("n1", { containers });
    expect(logCommands(pod, name)).toEqual(want.map((end) => `kubectl logs agent-n1 -n kube-system ${end}`));
  });
  it("none for a pod that never ran", () => expect(commands([container()])).toEqual([]));
});
