import { describe, expect, it } from "vitest";
import type { Scene } from "../../../../test/support/daemonset-builders.ts";
import {
  aContainer,
  anObservation,
  aPod,
  aTemplate,
  crashingPod,
  degradedPod,
  flappingPod,
  fleet,
  MINUTE,
  NOW,
  neverReadyPod,
  SECOND,
  settings,
  waitingPod,
} from "../../../../test/support/daemonset-builders.ts";
import type { ContainerFacts, PodFacts } from "../facts.ts";
import { standings } from "../standing.ts";
import type { Trouble } from "./trouble.ts";

/** What this pod, the first of four, suffers from. */
function trouble(pod: PodFacts, scene: Scene = {}): Trouble | undefined {
  const standing = standings(anObservation({ pods: fleet(4, [pod]), ...scene }), settings).get(pod.uid);
  return standing?.kind === "troubled" ? standing.trouble : undefined;
}

const ended = (ms: number, ago = MINUTE) => ({
  exitCode: 1,
  reason: "Error",
  startedAt: NOW - ago - ms,
  finishedAt: NOW - ago,
});
/** A pod that was made twelve minutes ago and has this container, which is not Ready. */
const young = (container: Partial<ContainerFacts>) => {
  const { runningSince: _none, ...own } = aContainer({ ready: false, ...container });
  const { runningSince } = container;
  return neverReadyPod("n1", {
    createdAt: NOW - 12 * MINUTE,
    readyChangedAt: NOW - 12 * MINUTE,
    containers: [runningSince === undefined ? own : { ...own, runningSince }],
  });
};

describe("a container that ends (C05, C06, C08, C09)", () => {
  it("is told with how it ends", () => {
    expect(trouble(crashingPod("n1"))).toEqual({
      cause: "C05",
      reason: "CrashLoop",
      blame: "either",
      sentence: "container main keeps ending: exit code 1",
      evidence: ["exit code 1, 6 restarts, reason Error"],
      recreationCanHelp: true,
      ranBefore: false,
      container: "main",
    });
    expect(trouble(young({ restartCount: 3 }))).toMatchObject({ evidence: ["exit code unknown, 3 restarts"] });
    const killed = { exitCode: 137, reason: "OOMKilled" };
    expect(trouble(young({ init: true, restartCount: 3, lastTerminated: killed }))).toMatchObject({
      cause: "C09",
      sentence: "init container main keeps ending: out of memory (OOMKilled, exit 137)",
      evidence: ["out of memory (OOMKilled, exit 137), 3 restarts, reason OOMKilled"],
    });
  });

  it.each<[string, Partial<ContainerFacts>, string | undefined]>([
    ["three restarts", { restartCount: 3 }, "CrashLoop"],
    ["two restarts", { restartCount: 2 }, undefined],
    ["the third end", { restartCount: 2, terminated: ended(SECOND) }, "CrashLoop"],
    ["it is Ready again", { restartCount: 3, ready: true }, undefined],
    ["its last run was almost ten minutes long", { restartCount: 3, lastTerminated: ended(599 * SECOND) }, "CrashLoop"],
    ["its last run was ten minutes long", { restartCount: 3, lastTerminated: ended(600 * SECOND) }, undefined],
    ["the run that ended was long", { restartCount: 3, terminated: ended(600 * SECOND) }, undefined],
    [
      "the run that ended was short, the one before long",
      { restartCount: 3, terminated: ended(SECOND), lastTerminated: ended(600 * SECOND) },
      "CrashLoop",
    ],
  ])("%s", (_name, container, want) => {
    const patient = { daemonSet: { template: aTemplate({ startupAllowanceMs: 30 * MINUTE }) } };
    expect(trouble(young(container), patient)?.reason).toBe(want);
  });

  it("is none once it has run for ten minutes", () => {
    const lasting = (runningSince: number) => young({ restartCount: 3, runningSince });
    expect(trouble(lasting(NOW - 10 * MINUTE))?.reason).not.toBe("CrashLoop");
    expect(trouble(lasting(NOW - 10 * MINUTE + 1))?.reason).toBe("CrashLoop");
  });

  it("was well in between where readiness was lost more than a second after its start", () => {
    const last = ended(50 * SECOND);
    const lost = (at: number, container: Partial<ContainerFacts> = {}) => ({
      ...young({ restartCount: 4, lastTerminated: last, ...container }),
      readyChangedAt: at,
    });
    expect(trouble(lost(last.startedAt + 1000))?.reason).toBe("CrashLoop");
    expect(trouble(lost(last.startedAt + 1001))).toEqual({
      cause: "C06",
      reason: "Flapping",
      blame: "either",
      sentence: "container main is Ready for a while and ends again (4 restarts)",
      evidence: ["exit code 1, 4 restarts"],
      recreationCanHelp: true,
      ranBefore: false,
      container: "main",
    });
    expect(trouble(lost(last.startedAt + 1001, { init: true }))?.reason).toBe("InitContainerFailing");
    const { readyChangedAt: _none, ...timeless } = lost(NOW);
    expect(trouble(timeless)?.reason).toBe("CrashLoop");
  });

  it.each<[string, Partial<ContainerFacts>, boolean]>([
    ["three restarts, the last a moment ago", { restartCount: 3, lastTerminated: ended(SECOND, 59 * SECOND) }, true],
    ["two restarts", { restartCount: 2, lastTerminated: ended(SECOND, 59 * SECOND) }, false],
    ["the last one as long ago as health must last", { restartCount: 3, lastTerminated: ended(SECOND) }, false],
    ["after a long run", { restartCount: 3, lastTerminated: ended(600 * SECOND, 59 * SECOND) }, false],
    ["nobody knows when", { restartCount: 3, lastTerminated: { exitCode: 1, reason: "Error" } }, false],
  ])("a Ready pod flaps: %s", (_name, container, isFlapping) => {
    const pod = aPod("n1", { containers: [aContainer({ runningSince: NOW - 30 * SECOND, ...container })] });
    expect(trouble(pod)?.reason).toBe(isFlapping ? "Flapping" : undefined);
  });

  it("an init container that has done its work after some tries does not flap", () => {
    const { runningSince: _none, ...init } = aContainer({ init: true, name: "prepare", restartCount: 5 });
    const pod = flappingPod("n1", { containers: [aContainer(), { ...init, lastTerminated: ended(SECOND, SECOND) }] });
    expect(trouble(pod)).toBeUndefined();
  });

  it("was built for another architecture (C28)", () => {
    const last = { exitCode: 255, reason: "StartError", message: "exec /app: exec format error" };
    expect(trouble(young({ restartCount: 3, lastTerminated: last }))).toEqual({
      cause: "C28",
      reason: "ExecFormatError",
      blame: "surroundings",
      sentence: "container main cannot run here: image app:ok-2 was built for another architecture",
      evidence: ["exec format error"],
      recreationCanHelp: false,
      ranBefore: false,
      container: "main",
    });
  });

  it("cannot be started by its node's runtime (C10): no fault of the revision", () => {
    const message = "failed to create shim task: mkdir /run/containerd/x: no space left on device";
    const last = { exitCode: 128, reason: "StartError", message };
    expect(trouble(young({ restartCount: 3, lastTerminated: last }))).toEqual({
      cause: "C10",
      reason: "ContainerConfig",
      blame: "surroundings",
      sentence: `container main cannot be started: ${message}`,
      evidence: [`3 restarts: ${message}`],
      recreationCanHelp: false,
      ranBefore: false,
      container: "main",
      words: message,
    });
  });

  it("a program that is not in the image is told in the runtime's words", () => {
    const message = 'exec: "/bin/agnet": stat /bin/agnet: no such file or directory';
    const last = { exitCode: 128, reason: "StartError", message };
    expect(trouble(young({ restartCount: 3, lastTerminated: last }))).toMatchObject({
      cause: "C05",
      evidence: ["exit code 128, 3 restarts, reason StartError", message],
    });
  });

  it("waits for something outside (C08)", () => {
    const init = (ageMs: number) =>
      aContainer({ init: true, ready: false, restartCount: 1, runningSince: NOW - ageMs });
    const pod = (...containers: ContainerFacts[]) => waitingPod("n1", { reason: "" }, { containers });
    expect(trouble(pod(init(5 * MINUTE)))).toEqual({
      cause: "C08",
      reason: "InitContainerWaiting",
      blame: "surroundings",
      sentence: "init container main has run for 300 s and does not end: it waits for something outside",
      evidence: ["init container main running, 1 restarts"],
      recreationCanHelp: false,
      ranBefore: false,
      container: "main",
    });
    expect(trouble(pod(init(5 * MINUTE - 1)))).toBeUndefined();
    // A sidecar is an init container that goes on beside the others.
    expect(trouble(pod(init(9 * MINUTE), aContainer({ name: "app", ready: false })))?.reason).toBe("Unrecognised");
  });
});

describe("a pod that is not Ready (C07, C41)", () => {
  const side = aContainer({ name: "side", ready: false, runningSince: NOW - 10 * MINUTE });
  it("runs and never becomes so", () => {
    expect(trouble(neverReadyPod("n1", { readyReason: "" }))).toEqual({
      cause: "C07",
      reason: "NeverReady",
      blame: "either",
      sentence: "runs but never becomes Ready",
      evidence: ["running for 1198 s, not Ready"],
      recreationCanHelp: true,
      ranBefore: false,
      container: "main",
    });
    const gated = neverReadyPod("n1", { readyReason: "ReadinessGatesNotReady", containers: [aContainer()] });
    expect(trouble(gated)).toEqual({
      cause: "C07",
      reason: "ReadinessGates",
      blame: "surroundings",
      sentence: "waits for a readiness gate that another controller sets",
      evidence: ["running for 7200 s, ReadinessGatesNotReady"],
      recreationCanHelp: false,
      ranBefore: false,
    });
  });

  it("was, and lost it after the last of its containers had started", () => {
    const specs = { main: "spec-2", broken: "spec-broken", side: "spec-side" };
    const scene = { daemonSet: { template: aTemplate({ specs }) } };
    const containers = [aContainer(), aContainer({ name: "broken", ready: false }), side];
    const pod = (readyChangedAt: number) => degradedPod("n1", { readyChangedAt, containers, specs });
    expect(trouble(pod(NOW - 10 * MINUTE + 1), scene)).toEqual({
      cause: "C41",
      reason: "LostReadiness",
      blame: "either",
      sentence: "was Ready and lost it (broken, side)",
      evidence: ["Ready=False since 2026-01-15T11:50:00.001Z, running without restart"],
      recreationCanHelp: true,
      ranBefore: true,
      container: "broken",
    });
    expect(trouble(pod(NOW - 10 * MINUTE), scene)).toMatchObject({ cause: "C07", ranBefore: false });
    expect(trouble(degradedPod("n1", { containers: [aContainer()] }))).toMatchObject({
      sentence: "was Ready and lost it (ContainersNotReady)",
    });
  });

  it("is no matter of readiness before all of its containers run", () => {
    const { runningSince: _none, ...still } = side;
    expect(trouble(degradedPod("n1", { containers: [aContainer(), still] }))?.cause).toBe("C42");
    expect(trouble(degradedPod("n1", { containers: [aContainer({ init: true })] }))?.cause).toBe("C42");
    expect(trouble(degradedPod("n1", { phase: "Unknown" }))?.cause).toBe("C42");
  });
});
