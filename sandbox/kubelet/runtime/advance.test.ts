import { describe, expect, it } from "vitest";
import { advance, containerExited, failPod } from "./advance.ts";
import { line, live, quietWorld, reasons, runtimeOf, t0, tuning } from "./builders.ts";
import { podStatus } from "./pod-status.ts";
import { beginStop, hasStopped } from "./stop.ts";
import type { Effect } from "./types.ts";

describe("what images do", () => {
  it.each([
    { image: "app:ok-1", at: 100, want: "Pending main=ContainerCreating restarts=0" },
    { image: "app:ok-1", at: 300, want: "Running main=running restarts=0" },
    { image: "app:ok-1", at: 600, want: "Running main=running ready restarts=0" },
    { image: "registry.example/team/app:ok-7", at: 600, want: "Running main=running ready restarts=0" },
    { image: "anything:else", at: 5_000, want: "Running main=running ready restarts=0" },
    { image: "app:notready-1", at: 60_000, want: "Running main=running restarts=0" },
    { image: "app:slow-1", at: 19_000, want: "Running main=running restarts=0" },
    { image: "app:slow-1", at: 21_000, want: "Running main=running ready restarts=0" },
    { image: "app:bad-1", at: 300, want: "Pending main=ErrImagePull restarts=0" },
    { image: "app:bad-1", at: 900, want: "Pending main=ImagePullBackOff restarts=0" },
    { image: "App:1", at: 300, want: "Pending main=InvalidImageName restarts=0" },
    { image: "app:crash-1", at: 900, want: "Running main=CrashLoopBackOff restarts=1" },
    { image: "app:flap-1", at: 1_000, want: "Running main=running ready restarts=0" },
    { image: "app:flap-1", at: 4_000, want: "Running main=CrashLoopBackOff restarts=0" },
    { image: "app:flap-1", at: 7_000, want: "Running main=running ready restarts=1" },
    { image: "app:flap-1", at: 10_000, want: "Running main=CrashLoopBackOff restarts=1" },
  ])("$image after $at ms", ({ image, at, want }) => {
    const pod = runtimeOf(image);
    live(pod, at);
    expect(line(pod, at)).toBe(want);
  });

  it.each([
    { image: "app:exit-4", policy: "Never", want: "Failed main=exit 4 restarts=0" },
    { image: "app:exit-0", policy: "Never", want: "Succeeded main=exit 0 restarts=0" },
    { image: "busybox:1", policy: "OnFailure", want: "Succeeded main=exit 0 restarts=0" },
    { image: "app:exit-4", policy: "OnFailure", want: "Running main=running ready restarts=1" },
  ])("$image under $policy ends as $want", ({ image, policy, want }) => {
    const pod = runtimeOf(image, { spec: { restartPolicy: policy } });
    live(pod, 1_800);
    expect(line(pod, 1_800)).toBe(want);
  });

  it("out of memory is told as such", () => {
    const pod = runtimeOf("app:oom-1");
    live(pod, 900);
    const [status] = podStatus(pod, t0 + 900).containerStatuses ?? [];
    expect(status?.lastState?.terminated).toMatchObject({ exitCode: 137, reason: "OOMKilled" });
  });

  it.each([
    { fault: "denied", want: /401 Unauthorized$/ },
    { fault: "timeout", want: /i\/o timeout$/ },
    { fault: "platform", want: /no match for platform/ },
  ] as const)("a pull that fails by $fault says so", ({ fault, want }) => {
    const pod = runtimeOf("app:ok-1");
    advance(pod, { ...quietWorld(t0 + 300), pullFault: () => fault }, tuning);
    const { effects } = advance(pod, { ...quietWorld(t0 + 600), pullFault: () => fault }, tuning);
    const message = podStatus(pod, t0 + 600).containerStatuses?.[0]?.state?.waiting?.message;
    expect(message ?? JSON.stringify(effects)).toMatch(want);
  });

  it("a tag that moved gives another image, which crashes", () => {
    const before = runtimeOf("app:ok-1");
    const after = runtimeOf("app:ok-1");
    for (const at of [300, 600, 900]) {
      advance(before, quietWorld(t0 + at), tuning);
      advance(after, { ...quietWorld(t0 + at), hasMoved: () => true }, tuning);
    }
    const idOf = (pod: typeof before) => podStatus(pod, t0 + 900).containerStatuses?.[0]?.imageID;
    expect(idOf(after)).not.toBe(idOf(before));
    expect(line(after, 900)).toContain("CrashLoopBackOff");
  });

  it("without a sandbox nothing starts", () => {
    const pod = runtimeOf("app:ok-1");
    advance(pod, { ...quietWorld(t0 + 100), noSandbox: true }, tuning);
    const { effects } = advance(pod, { ...quietWorld(t0 + 900), noSandbox: true }, tuning);
    expect(reasons(effects)).toContain("FailedCreatePodSandBox");
    expect(line(pod, 900)).toContain("ContainerCreating");
  });

  it("restarts a crash loop at once, then after 1, 2, 4, 8 and 10 s", () => {
    const pod = runtimeOf("app:crash-1");
    const starts: number[] = [];
    let now = t0;
    while (starts.length < 7) {
      const { effects, wakeAt } = advance(pod, quietWorld(now), tuning);
      if (reasons(effects).includes("Started")) starts.push(now - t0);
      now = wakeAt ?? now + 1;
    }
    const gaps = starts.slice(1).map((at, index) => at - (starts[index] ?? 0) - tuning.crashAfterMs);
    expect(gaps).toEqual([0, 1_000, 2_000, 4_000, 8_000, 10_000]);
  });

  it("tells the story of a pull that fails, in the kubelet's words", () => {
    const effects = live(runtimeOf("app:bad-1"), 700);
    expect(reasons(effects)).toEqual(["Pulling", "Failed", "Failed", "BackOff", "Failed"]);
    expect(effects[1]).toMatchObject({ message: expect.stringContaining("app:bad-1: not found") as string });
  });
});

describe("readiness probes", () => {
  it.each([
    { image: "app:notready-1", want: 3 },
    { image: "app:ok-1", want: 0 },
  ])("of $image tell $want failures in 25 s", ({ image, want }) => {
    const pod = runtimeOf(image, { container: { readinessProbe: { httpGet: { port: 80 }, periodSeconds: 10 } } });
    const told = reasons(live(pod, 25_000)).filter((each) => each === "Unhealthy");
    expect(told).toHaveLength(want);
  });
});

describe("configuration and volumes", () => {
  it("waits for a missing ConfigMap and starts when it appears", () => {
    const pod = runtimeOf("app:ok-1");
    const effects = live(pod, 500, { missing: () => 'configmap "new" not found' });
    expect(line(pod, 500)).toBe("Pending main=CreateContainerConfigError restarts=0");
    expect(effects).toContainEqual(
      expect.objectContaining({ reason: "Failed", message: 'Error: configmap "new" not found' }),
    );
    live(pod, 5_000, {}, 1_300);
    expect(line(pod, 5_000)).toBe("Running main=running ready restarts=0");
  });

  it("stays ContainerCreating while a volume cannot be mounted", () => {
    const pod = runtimeOf("app:ok-1");
    const effects = live(pod, 3_000, { unmounted: "MountVolume.SetUp failed" });
    expect(line(pod, 3_000)).toBe("Pending main=ContainerCreating restarts=0");
    expect(reasons(effects)).toContain("FailedMount");
  });

  it("runs init containers first, and fails the pod when one fails under Never", () => {
    const init = [{ name: "init", image: "app:exit-3" }];
    const pod = runtimeOf("app:ok-1", { spec: { initContainers: init, restartPolicy: "Never" } });
    live(pod, 300);
    expect(line(pod, 300)).toBe("Pending main=PodInitializing restarts=0");
    live(pod, 2_000, {}, 300);
    expect(podStatus(pod, t0 + 2_000).phase).toBe("Failed");
  });
});

describe("node faults", () => {
  it("lets one pod crash for as long as it lives", () => {
    const pod = runtimeOf("app:ok-1");
    live(pod, 900, { claimsCrashOnce: (image) => image === "app:ok-1" });
    live(pod, 60_000, {}, 900);
    expect(line(pod, 60_000)).toContain("CrashLoopBackOff");
  });

  it("takes down what runs, and lets it recover when the fault goes", () => {
    const pod = runtimeOf("app:ok-1");
    live(pod, 1_000);
    live(pod, 2_000, { crashes: () => true }, 1_000);
    expect(line(pod, 2_000)).toContain("CrashLoopBackOff");
    live(pod, 20_000, {}, 2_000);
    expect(line(pod, 20_000)).toContain("running ready");
  });

  it("takes readiness away", () => {
    const pod = runtimeOf("app:ok-1");
    live(pod, 1_000);
    pod.unready = true;
    expect(podStatus(pod, t0 + 1_000).conditions?.find((each) => each.type === "Ready")).toMatchObject({
      status: "False",
      reason: "ContainersNotReady",
      message: "containers with unready status: [main]",
    });
  });

  it("evicts for good", () => {
    const pod = runtimeOf("app:ok-1");
    live(pod, 1_000);
    failPod(pod, { reason: "Evicted", message: "low" }, t0 + 1_000, []);
    live(pod, 60_000, {}, 1_000);
    expect(podStatus(pod, t0 + 60_000)).toMatchObject({ phase: "Failed", reason: "Evicted", message: "low" });
    expect(line(pod, 60_000)).toBe("Failed main=exit 137 restarts=0");
  });
});

describe("termination", () => {
  function stop(image: string, graceMs: number, world: { wedged?: boolean } = {}) {
    const pod = runtimeOf(image);
    live(pod, 1_000);
    beginStop(pod, t0 + 1_000 + graceMs);
    const effects = live(pod, 1_000 + graceMs - 1, world, 1_000);
    return { pod, effects };
  }

  it.each([
    { name: "a well-behaved process ends long before its grace period", image: "app:ok-1", stopped: true },
    { name: "longgrace uses all of it", image: "app:longgrace-1", stopped: false },
  ])("$name", ({ image, stopped }) => {
    const { pod, effects } = stop(image, 5_000);
    expect(hasStopped(pod)).toBe(stopped);
    expect(reasons(effects)).toEqual(["Killing"]);
    live(pod, 6_000, {}, 6_000);
    expect(hasStopped(pod)).toBe(true);
    expect(line(pod, 6_000)).toBe(stopped ? "Succeeded main=exit 0 restarts=0" : "Failed main=exit 137 restarts=0");
  });

  it("never ends on a wedged node, until the node is well again", () => {
    const { pod } = stop("app:ok-1", 1_000, { wedged: true });
    live(pod, 60_000, { wedged: true }, 2_000);
    expect(hasStopped(pod)).toBe(false);
    live(pod, 60_000, {}, 60_000);
    expect(hasStopped(pod)).toBe(true);
  });

  it("does not restart what crashed meanwhile", () => {
    const pod = runtimeOf("app:crash-1");
    live(pod, 900);
    beginStop(pod, t0 + 5_000);
    live(pod, 60_000, {}, 900);
    expect(hasStopped(pod)).toBe(true);
    expect(line(pod, 60_000)).toContain("restarts=1");
  });
});

describe("this project's own program", () => {
  const effectsOf = (effects: Effect[], kind: Effect["kind"]): Effect[] => effects.filter((each) => each.kind === kind);

  it("is run with its arguments, signalled, killed after the grace period, and ends as it really ended", () => {
    const pod = runtimeOf("ghcr.example/operarius:1.2", {
      spec: { restartPolicy: "Never" },
      container: { command: ["/usr/bin/operarius", "heal"], args: ["daemonset"] },
    });
    const run = effectsOf(live(pod, 1_000), "run")[0];
    expect(run).toMatchObject({ container: "main", args: ["heal", "daemonset"] });
    beginStop(pod, t0 + 3_000);
    expect(effectsOf(live(pod, 2_000, {}, 1_000), "signal")).toMatchObject([{ signal: "SIGTERM" }]);
    expect(effectsOf(live(pod, 4_000, {}, 3_000), "signal")).toMatchObject([{ signal: "SIGKILL" }]);
    const containerId = run?.kind === "run" ? run.containerId : "";
    const end = { exitCode: 137, signal: 9, reason: "Error", startedAt: t0, finishedAt: t0 + 3_100, containerId };
    containerExited(pod, "main", end);
    live(pod, 4_000, {}, 4_000);
    expect(line(pod, 4_000)).toBe("Failed main=exit 137 restarts=0");
  });

  it("is not started by another command", () => {
    const pod = runtimeOf("operarius:1", { spec: { restartPolicy: "Never" }, container: { command: ["/bin/sh"] } });
    const effects = live(pod, 1_000);
    expect(effectsOf(effects, "run")).toEqual([]);
    expect(podStatus(pod, t0 + 1_000).containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 128,
      reason: "StartError",
    });
  });
});
