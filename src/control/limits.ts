/** The numbers of the control loop, all in one place. Sources: FIELD.md of the design, named where they come from elsewhere. */

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** Durations in milliseconds. */
export interface Limits {
  /** Attempts in flight at once. */
  maxRunning: { total: number; perNamespace: number; perOperarius: number };
  /** After an episode in which a Job ran, before another one on the same target. */
  coolDownMs: number;
  /** After a transient failure: first, doubled each time, at most. */
  backOff: { firstMs: number; mostMs: number };
  /** So many failures in a row block a target for so long. */
  failures: { most: number; blockMs: number };
  /** So many repairs that did not help within so long hand the target to a person. */
  ineffective: { most: number; withinMs: number };
  /** A failure after a target was well for so long is a new problem. */
  healthyPeriodMs: number;
  /** More than max(floor, share of all DaemonSets) new targets within the window: hold; below half for releaseMs: release. */
  storm: { windowMs: number; floor: number; share: number; releaseMs: number };
  /** A first attempt of ours begins so long after its alert, so that a storm is seen before anything is done. */
  gatherMs: number;
  /** How long an approval may be given. */
  approvalMs: number;
  /** How often a sleeping or blocked record's target is looked at when nothing is seen to change. */
  lookEveryMs: number;
  /** Least time between two looks at one target. */
  lookAtMostEveryMs: number;
  /** Trouble after a repair must be seen for so long before the repair counts as ineffective. */
  settleMs: number;
  /** The longest that a repair is verified for. */
  verifyAtMostMs: number;
  /** Records with the same root count as one incident within this time. */
  togetherMs: number;
  /** What became of a target is followed for so long after the end of its record. */
  followMs: number;
  /** A person's change of a target gets this long before the trouble that is left counts as a new episode. */
  afterEditMs: number;
  /** How often a record that is blocked by something outside of the cluster's objects is judged again. */
  recheckMs: number;
}

const NORMAL: Limits = {
  maxRunning: { total: 20, perNamespace: 10, perOperarius: 10 },
  coolDownMs: 5 * minute,
  backOff: { firstMs: minute, mostMs: 10 * minute },
  failures: { most: 3, blockMs: hour },
  ineffective: { most: 3, withinMs: 4 * hour },
  healthyPeriodMs: hour,
  storm: { windowMs: 5 * minute, floor: 3, share: 0.1, releaseMs: 10 * minute },
  gatherMs: 10 * second,
  approvalMs: hour,
  lookEveryMs: hour,
  lookAtMostEveryMs: minute,
  settleMs: 30 * second,
  verifyAtMostMs: 30 * minute,
  togetherMs: 15 * minute,
  followMs: 24 * hour,
  afterEditMs: 10 * minute,
  recheckMs: 30 * second,
};

/** For demos and tests: seconds instead of minutes. */
const FAST: Limits = {
  ...NORMAL,
  coolDownMs: 5 * second,
  backOff: { firstMs: second, mostMs: 10 * second },
  failures: { most: 3, blockMs: 20 * second },
  ineffective: { most: 3, withinMs: 60 * second },
  healthyPeriodMs: 30 * second,
  storm: { windowMs: 10 * second, floor: 3, share: 0.1, releaseMs: 5 * second },
  gatherMs: 300,
  lookEveryMs: 15 * second,
  lookAtMostEveryMs: second,
  settleMs: 4 * second,
  verifyAtMostMs: 90 * second,
  afterEditMs: 5 * second,
  recheckMs: second,
};

/** The limits of a pace, with single ones overridden. */
export function limitsFor(pace: "normal" | "fast", overrides: Partial<Limits> = {}): Limits {
  return { ...(pace === "fast" ? FAST : NORMAL), ...overrides };
}
