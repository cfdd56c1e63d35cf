/**
 * A run of the engine on a remedy whose looks are given as a list, with a clock that only sleeping moves. Everything that
 * leaves the engine is written to one log, in order.
 */
import type { Actuator } from "../../src/engine/actuate.ts";
import type { Surroundings } from "../../src/engine/guards/common-cause.ts";
import type { Ledger } from "../../src/engine/ledger.ts";
import type { Progress } from "../../src/engine/report.ts";
import { runRemedy } from "../../src/engine/run.ts";
import type { Outcome, RunOptions } from "../../src/engine/run-types.ts";
import type {
  Diagnosis,
  GuardFacts,
  Health,
  Intent,
  ObservationBase,
  Plan,
  PlanContext,
  Remedy,
  Step,
} from "../../src/engine/types.ts";
import { NOW, settings, someGuardFacts, somePolicies, UID } from "./daemonset-builders.ts";
import { createMemoryKube } from "./memory-kube.ts";

export interface FakeObservation extends ObservationBase {
  diagnosis: Diagnosis;
  plan: (context: PlanContext) => Plan;
  health: Health;
  works: boolean;
  facts: Partial<GuardFacts>;
}

const notes = { delete: "about deletion", template: "about the template" };

export function healthy(soakedMs = 120_000, requiredMs = 60_000): Partial<FakeObservation> {
  const diagnosis: Diagnosis = { kind: "healthy", reason: "Healthy", message: "All is well." };
  return { diagnosis, health: { healthy: true, soakedMs, requiredMs } };
}

export function ill(
  plan: Plan | ((context: PlanContext) => Plan),
  rest: Partial<FakeObservation> = {},
): Partial<FakeObservation> {
  return { plan: typeof plan === "function" ? plan : () => plan, ...rest };
}

export function moving(recheckAfterMs: number, onlyLater = false): Partial<FakeObservation> {
  const reason = "Progressing";
  const message = "It moves.";
  return {
    diagnosis: { kind: "pending", reason, message, recheckAfterMs, onlyLater, findings: [] },
    plan: () => ({ kind: "wait", reason, message, recheckAfterMs, notes }),
  };
}

export function declines(reason: string): Plan {
  return { kind: "decline", reason, message: `${reason}, it says.`, notes };
}

export function deletion(node = "n1"): Step {
  const pod = { namespace: "kube-system", name: `agent-${node}`, uid: `uid-${node}`, resourceVersion: "1" };
  return {
    kind: "delete-pod",
    pod,
    node,
    reason: "CrashLoop",
    trouble: "CrashLoop",
    force: false,
    summary: `delete on ${node}`,
  };
}

export const rollback: Step = {
  kind: "rollback",
  reason: "ImageNotFound",
  revision: { name: "agent-old", number: 1, templateHash: "template-1" },
  restartsAvailable: 0,
  summary: "roll back",
};

export function acts(digest: string, overrides: Partial<Extract<Plan, { kind: "act" }>> = {}): Plan {
  return {
    kind: "act",
    reason: "Trouble",
    message: "There is trouble.",
    steps: [deletion()],
    more: false,
    needsApproval: false,
    fence: { uid: UID, generation: 2, templateHash: "template-2" },
    digest,
    notes,
    ...overrides,
  };
}

function observation(at: number, given: Partial<FakeObservation>): FakeObservation {
  const finding = {
    cause: "C04" as const,
    reason: "OneNodeOnly",
    message: "One node.",
    evidence: [],
    pods: [],
    nodes: [],
    commands: [],
  };
  return {
    at,
    fence: { uid: UID, generation: 2, templateHash: "template-2" },
    diagnosis: { kind: "unhealthy", reason: "OneNodeOnly", message: "One node.", findings: [finding] },
    plan: () => declines("NothingPlanned"),
    health: { healthy: false, reason: "NotRolledOut", message: "not yet" },
    works: true,
    facts: {},
    ...given,
  };
}

type Look = Partial<FakeObservation> | Error;

function remedyOf(
  {
    looks,
    confirms,
    surroundings,
  }: { looks: readonly Look[]; confirms: boolean[]; surroundings: () => Promise<Surroundings> },
  clock: { now: number },
  log: string[],
): Remedy<FakeObservation> {
  let next = 0;
  return {
    name: "fake",
    kind: "DaemonSet",
    alerts: [],
    open: () =>
      Promise.resolve({
        look() {
          const given = looks[Math.min(next, looks.length - 1)] ?? {};
          next += 1;
          log.push("look");
          return given instanceof Error ? Promise.reject(given) : Promise.resolve(observation(clock.now, given));
        },
        changed(ms) {
          clock.now += ms;
          return Promise.resolve();
        },
        confirm: () => Promise.resolve(confirms.shift() ?? true),
        stop: () => void log.push("stop"),
      }),
    surroundings() {
      log.push("surroundings?");
      return surroundings();
    },
    diagnose: ({ diagnosis }) => diagnosis,
    plan: ({ plan }, _diagnosis, context) => plan(context),
    verify: ({ health }) => health,
    describe: () => ({ status: [], pods: [] }),
    nodeStates: () => [],
    mostlyWorks: ({ works }) => works,
    fingerprint: (_observation, diagnosis, plan) => `${diagnosis.kind} ${plan?.kind} ${plan?.reason}`,
    waveMs: () => 30_000,
    guardFacts: ({ facts }) =>
      someGuardFacts({ templateManagers: ["kubectl-edit"], nodes: [], troubledNodes: [], ...facts }),
  };
}

export interface FakeScene extends Partial<Omit<RunOptions<FakeObservation>, "ledger" | "actuator" | "policies">> {
  /** What the view answers when asked whether it is current; true once they are used up. */
  confirms?: readonly boolean[];
  looks: readonly Look[];
  /** What is read of the target's surroundings before a write; nothing in trouble by default. */
  surroundings?: () => Promise<Surroundings>;
  policies?: Partial<RunOptions<FakeObservation>["policies"]>;
  ledger?: Partial<Ledger>;
  /** Called for each write; what it throws, the API server answered. */
  apply?: (step: Step, generation: number) => number | Promise<number>;
  /** What the ledger holds from before. */
  before?: readonly Intent[];
}

export interface FakeRun {
  outcome: Outcome<FakeObservation>;
  log: string[];
  progress: Progress[];
  /** Milliseconds that the run took by its own clock. */
  took: number;
  /** The fences with which steps were carried out. */
  fences: number[];
}

/** Runs it to the end; what the engine throws is thrown. */
export async function runFake({
  looks,
  confirms = [],
  surroundings = () => Promise.resolve({ kind: "read", neighbours: [] }),
  policies,
  ledger,
  apply,
  before = [],
  ...rest
}: FakeScene): Promise<FakeRun> {
  const clock = { now: NOW };
  const log: string[] = [];
  const progress: Progress[] = [];
  const fences: number[] = [];
  const actuator: Actuator = {
    async apply(step, fence) {
      fences.push(fence.generation);
      const generation = (await apply?.(step, fence.generation)) ?? fence.generation;
      log.push(`write ${step.summary}`);
      return generation;
    },
  };
  const outcome = await runRemedy<FakeObservation>({
    remedy: remedyOf({ looks, confirms: [...confirms], surroundings }, clock, log),
    kube: createMemoryKube(),
    target: { cluster: "", kind: "DaemonSet", namespace: "kube-system", name: "agent" },
    settings,
    policies: somePolicies(policies),
    approval: { kind: "none" },
    approvedPlan: undefined,
    dryRun: "none",
    ledger: {
      read: () => {
        log.push("read ledger");
        return Promise.resolve(before);
      },
      others: () => [],
      readOthers: () => {
        log.push("read others");
        return Promise.resolve();
      },
      begin: (intents) => {
        log.push(`begin ${intents.map(({ kind, node }) => `${kind} ${node}`.trim()).join(", ")}`);
        return Promise.resolve();
      },
      end: (undone) => {
        log.push(`end${undone.length > 0 ? ` without ${undone.length}` : ""}`);
        return Promise.resolve();
      },
      ...ledger,
    },
    actuator,
    mayPatchTemplate: () => Promise.resolve(true),
    assertNotPaused: () => {
      log.push("pause?");
      return Promise.resolve();
    },
    announce: (step) => {
      log.push(`announce ${step.summary}`);
      return Promise.resolve();
    },
    keep: () => Promise.resolve(),
    ownNode: "",
    startedAtMs: NOW,
    now: () => clock.now,
    sleep: (ms) => {
      log.push(`sleep ${ms}`);
      clock.now += ms;
      return Promise.resolve();
    },
    signal: new AbortController().signal,
    report: (each) => void progress.push(each),
    ...rest,
  });
  return { outcome, log, progress, took: clock.now - NOW, fences };
}
