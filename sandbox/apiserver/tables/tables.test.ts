import { describe, expect, test } from "vitest";
import { valuesAt } from "../crd/json-path.ts";
import type { KubeObject } from "../object.ts";
import { humanDuration, selectorText } from "./format.ts";
import { jobPrinter } from "./jobs.ts";
import { nodePrinter } from "./nodes.ts";
import { podPrinter, podStatusText } from "./pods.ts";

const now = Date.parse("2026-01-01T12:00:00Z");
const second = 1000;
const hour = 3600 * second;

test.each([
  [0, "0s"],
  [119 * second, "119s"],
  [120 * second, "2m"],
  [200 * second, "3m20s"],
  [11 * 60 * second, "11m"],
  [3 * hour, "3h"],
  [3.5 * hour, "3h30m"],
  [30 * hour, "30h"],
  [50 * hour, "2d2h"],
  [9 * 24 * hour, "9d"],
])("%i ms is %s", (ms, text) => {
  expect(humanDuration(ms)).toBe(text);
});

test("selectors in one line", () => {
  expect(
    selectorText({
      matchLabels: { a: "b" },
      matchExpressions: [
        { key: "c", operator: "In", values: ["e", "d"] },
        { key: "f", operator: "DoesNotExist" },
      ],
    }),
  ).toBe("!f,a=b,c in (d,e)");
  expect(selectorText(undefined)).toBe("<none>");
});

function pod(status: object, metadata: object = {}): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", creationTimestamp: "2026-01-01T11:59:00Z", ...metadata },
    spec: { containers: [{ name: "app" }], initContainers: [] },
    status,
  };
}

const waiting = (reason: string) => ({
  containerStatuses: [
    {
      state: { waiting: { reason } },
      restartCount: 2,
      lastState: { terminated: { finishedAt: "2026-01-01T11:59:30Z" } },
    },
  ],
});

describe("pods", () => {
  test.each([
    ["Pending", pod({ phase: "Pending" })],
    ["CrashLoopBackOff", pod({ phase: "Running", ...waiting("CrashLoopBackOff") })],
    ["Evicted", pod({ phase: "Failed", reason: "Evicted" })],
    [
      "Error",
      pod({ phase: "Failed", containerStatuses: [{ state: { terminated: { reason: "Error", exitCode: 1 } } }] }),
    ],
    ["ExitCode:3", pod({ phase: "Failed", containerStatuses: [{ state: { terminated: { exitCode: 3 } } }] })],
    ["Terminating", pod({ phase: "Running" }, { deletionTimestamp: "2026-01-01T11:59:59Z" })],
    [
      "Init:0/1",
      {
        ...pod({ phase: "Pending", initContainerStatuses: [{ state: { running: {} } }] }),
        spec: { containers: [{}], initContainers: [{}] },
      },
    ],
  ])("are %s", (text, object) => {
    expect(podStatusText(object)).toBe(text);
  });

  test("show restarts with the time of the last one", () => {
    expect(podPrinter.cells(pod({ phase: "Running", ...waiting("CrashLoopBackOff") }), now).slice(0, 5)).toEqual([
      "p",
      "0/1",
      "CrashLoopBackOff",
      "2 (30s ago)",
      "60s",
    ]);
  });
});

test("nodes say when they are cordoned", () => {
  const node = {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "n" },
    spec: { unschedulable: true },
    status: { conditions: [{ type: "Ready", status: "Unknown" }] },
  };
  expect(nodePrinter.cells(node, now)[1]).toBe("NotReady,SchedulingDisabled");
});

test("jobs say how they ended and how long they took", () => {
  const status = {
    startTime: "2026-01-01T11:58:00Z",
    conditions: [{ type: "Failed", status: "True", lastTransitionTime: "2026-01-01T11:59:00Z" }],
  };
  const job = { apiVersion: "batch/v1", kind: "Job", metadata: { name: "j" }, spec: { completions: 1 }, status };
  expect(jobPrinter.cells(job, now).slice(0, 4)).toEqual(["j", "Failed", "0/1", "60s"]);
});

test.each([
  [".spec.a", ["x"]],
  [".list[1].n", [2]],
  [".list[*].n", [1, 2]],
  ['.conditions[?(@.type=="Ready")].status', ["True"]],
  [".labels['a.b/c']", ["y"]],
  [".labels.a\\.b/c", []],
  [".missing.deep", []],
  ["not a path", []],
])("JSONPath %s", (path, want) => {
  const root = {
    spec: { a: "x" },
    list: [{ n: 1 }, { n: 2 }],
    conditions: [{ type: "Other" }, { type: "Ready", status: "True" }],
    labels: { "a.b/c": "y" },
  };
  expect(valuesAt(root, path)).toEqual(want);
});
