import type { Pod } from "kubernetes-types/core/v1";
import { expect, test } from "vitest";
import { disruptionStatus } from "./disruption.ts";
import { quotaStatus } from "./quota.ts";

const at = "2026-01-01T00:00:00Z";

function pod(ready: boolean, overrides: Pod = {}): Pod {
  const status = { conditions: [{ type: "Ready", status: ready ? "True" : "False" }] };
  return { metadata: { labels: { app: "a" } }, status, ...overrides };
}

const selector = { matchLabels: { app: "a" } };

test.each([
  ["enough", { minAvailable: 2 }, [pod(true), pod(true), pod(true)], [3, 3, 2, 1]],
  ["one that is not ready", { minAvailable: 2 }, [pod(true), pod(true), pod(false)], [3, 2, 2, 0]],
  ["a percentage rounds up", { minAvailable: "50%" }, [pod(true), pod(true), pod(true)], [3, 3, 2, 1]],
  ["maxUnavailable", { maxUnavailable: 1 }, [pod(true), pod(true)], [2, 2, 1, 1]],
  ["none at all", { minAvailable: 0 }, [], [0, 0, 0, 0]],
  ["a stranger", { minAvailable: 0 }, [pod(true, { metadata: { labels: { app: "b" } } })], [0, 0, 0, 0]],
] as const)("a budget: %s", (_, spec, pods, [expected, healthy, desired, allowed]) => {
  const status = disruptionStatus({ metadata: { generation: 4 }, spec: { selector, ...spec } }, pods, at);
  expect(status).toMatchObject({
    expectedPods: expected,
    currentHealthy: healthy,
    desiredHealthy: desired,
    disruptionsAllowed: allowed,
    observedGeneration: 4,
  });
  expect(status.conditions).toMatchObject([
    { status: allowed > 0 ? "True" : "False", reason: allowed > 0 ? "SufficientPods" : "InsufficientPods" },
  ]);
});

test("a pod that is Terminating is expected, and not healthy", () => {
  const leaving = pod(true, { metadata: { labels: { app: "a" }, deletionTimestamp: at } });
  const status = disruptionStatus({ spec: { selector, minAvailable: 1 } }, [pod(true), leaving], at);
  expect([status.expectedPods, status.currentHealthy, status.disruptionsAllowed]).toEqual([2, 1, 0]);
});

test("a quota tells what is in use of what it limits", () => {
  const quota = { spec: { hard: { pods: "2", "count/secrets": "5" } } };
  expect(quotaStatus(quota, { pods: 1, "count/pods": 3 })).toEqual({
    hard: { pods: "2", "count/secrets": "5" },
    used: { pods: "1", "count/secrets": "0" },
  });
});
