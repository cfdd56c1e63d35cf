/** Which durations a pace stands for. */
import type { Settings } from "./types.ts";

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
