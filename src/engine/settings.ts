/** Which durations a pace stands for. */

/** Durations in milliseconds; set together by the pace. */
export interface Settings {
  pace: "normal" | "fast";
  timeoutMs: number;
  /** Between the two looks that must agree before a write. */
  dwellMs: number;
  /** Least time that health must last to be called recovered. */
  soakMs: number;
  /** Added to minReadySeconds for the same purpose. */
  soakSlackMs: number;
  /** Least age of a pod that may be deleted; a Failed pod has none. */
  minAgeMs: number;
  /** Least age of troubles that often end by themselves: missing references, not Ready, unschedulable. */
  selfHealingAgeMs: number;
  /** Past its deadline a terminating pod is stuck after this. */
  terminationSlackMs: number;
  /** How long the controller may lag behind a spec, or leave a node without a pod. */
  controllerSlackMs: number;
  /** How long a bad result must last after a write of ours before it counts. */
  settleMs: number;
  /** A revision is proven when its pods were Available this long before the bad one was made. */
  provenBeforeMs: number;
  /** Template unchanged for this long: a later mass failure is not the rollout's doing. */
  quietTemplateMs: number;
  /** A pod created this long after our deletion on its node belongs to a new episode; the old deletion does not count. */
  episodeMs: number;
  /** Time over which the cluster's budget counts; 0 = it does not limit. */
  clusterWindowMs: number;
  requestTimeoutMs: number;
}

const second = 1000;
const minute = 60 * second;

const NORMAL: Settings = {
  pace: "normal",
  timeoutMs: 270 * second,
  dwellMs: 30 * second,
  soakMs: 60 * second,
  soakSlackMs: 30 * second,
  minAgeMs: 5 * minute,
  selfHealingAgeMs: 5 * minute,
  terminationSlackMs: 30 * second,
  controllerSlackMs: 2 * minute,
  settleMs: 30 * second,
  provenBeforeMs: 10 * minute,
  quietTemplateMs: 60 * minute,
  episodeMs: 24 * 60 * minute,
  clusterWindowMs: 60 * minute,
  requestTimeoutMs: 10 * second,
};

/** For demos and tests: seconds instead of minutes; troubles that often end by themselves still get time to do so. */
const FAST: Settings = {
  ...NORMAL,
  pace: "fast",
  dwellMs: 1 * second,
  soakMs: 4 * second,
  soakSlackMs: 1 * second,
  minAgeMs: 3 * second,
  selfHealingAgeMs: 25 * second,
  terminationSlackMs: 3 * second,
  controllerSlackMs: 5 * second,
  settleMs: 4 * second,
  provenBeforeMs: 0,
  quietTemplateMs: 0,
  episodeMs: 15 * second,
  // A demo or a test repairs one thing after the other; the budget is for what happens by itself.
  clusterWindowMs: 0,
};

/** The durations of a pace, with single ones overridden by flags. */
export function settingsFor(
  pace: Settings["pace"],
  overrides: { timeoutMs?: number; dwellMs?: number; soakMs?: number; minAgeMs?: number } = {},
): Settings {
  const base = pace === "fast" ? FAST : NORMAL;
  return {
    ...base,
    timeoutMs: overrides.timeoutMs ?? base.timeoutMs,
    dwellMs: overrides.dwellMs ?? base.dwellMs,
    soakMs: overrides.soakMs ?? base.soakMs,
    minAgeMs: overrides.minAgeMs ?? base.minAgeMs,
    selfHealingAgeMs: overrides.minAgeMs ?? base.selfHealingAgeMs,
  };
}
