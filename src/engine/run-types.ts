/** What a run is given and what it leaves. */
import type { Kube } from "../kube/types.ts";
import type { Actuator } from "./actuate.ts";
import type { ActPlan } from "./guards/guard.ts";
import type { GuardReport } from "./guards/index.ts";
import type { Ledger } from "./ledger.ts";
import type { Report } from "./report.ts";
import type {
  Diagnosis,
  Intent,
  ObservationBase,
  Plan,
  PlanContext,
  Policies,
  Remedy,
  Settings,
  Step,
  Target,
  Verdict,
} from "./types.ts";

/** Who may agree to a plan that needs it: the server by a record, a person at the terminal, nobody. */
export type Approval =
  | { kind: "record" }
  | { kind: "ask"; ask: (plan: ActPlan) => Promise<boolean> }
  | { kind: "none" };

export interface RunOptions<O extends ObservationBase> {
  remedy: Remedy<O>;
  kube: Kube;
  target: Target;
  settings: Settings;
  /** The flags; annotations may lower them. */
  policies: Policies;
  approval: Approval;
  /** Digest of the plan that was approved before this run, if any. */
  approvedPlan: string | undefined;
  dryRun: "none" | "client" | "server";
  ledger: Ledger;
  actuator: Actuator;
  /** Whether the rights include template writes; asked once, when a plan has one. */
  mayPatchTemplate: () => Promise<boolean>;
  /** Rejects while writes are paused; asked before every write. */
  assertNotPaused: () => Promise<void>;
  /** Tells the cluster about a write that was made; its failure is a note, not an error. */
  announce: (step: Step, uid: string) => Promise<void>;
  /** Keeps what the run has come to, after each write. Never rejects: a repair does not end for its record. */
  keep: (soFar: Omit<Outcome<O>, "verdict">) => Promise<void>;
  /** Node this program runs on; "" outside a pod. */
  ownNode: string;
  startedAtMs: number;
  now: () => number;
  /** Resolves after the time or when the signal aborts. */
  sleep: (ms: number) => Promise<void>;
  signal: AbortSignal;
  report: Report;
}

/** One look: the facts and what was made of them. */
export interface Look<O> {
  observation: O;
  diagnosis: Diagnosis;
  /** What became of it once the guards were heard. */
  plan: Plan | undefined;
  /** What the remedy itself planned, before the guards were heard; the same facts give it again. */
  proposed?: Plan;
  /** Intents that the diagnosis knew. */
  known?: readonly Intent[];
  /** What the plan was made with. */
  context?: Omit<PlanContext, "settings">;
  /** What the guards said to the plan, if they were asked. */
  guards?: readonly GuardReport[];
}

export interface Write<O> {
  at: number;
  step: Step;
  /** What it rested on. */
  look?: Look<O> | undefined;
  /** The API server did not say whether it was carried out; it counts as if it was. */
  unconfirmed?: true;
  /** Of the target after the write. */
  generation: number;
}

export interface Outcome<O> {
  verdict: Verdict;
  first: Look<O> | undefined;
  last: Look<O> | undefined;
  /** The look on which the first write rested. */
  actedOn: Look<O> | undefined;
  guards: readonly GuardReport[];
  intents: readonly Intent[];
  writes: readonly Write<O>[];
}

/** What a run knows of itself; one object per run, changed only by the loop. */
export interface RunState<O> {
  first: Look<O> | undefined;
  last: Look<O> | undefined;
  actedOn: Look<O> | undefined;
  guards: readonly GuardReport[];
  intents: readonly Intent[];
  /** False until the ledger was read, and again after somebody else wrote. */
  ledgerRead: boolean;
  writes: Write<O>[];
  /** Digest of the plan that was dwelt on. */
  dwelt: string | undefined;
  moves: number;
  approvedPlan: string | undefined;
  /** Since when the state after a write has looked bad. */
  badSince: number | undefined;
  /** Undefined until it was asked. */
  mayPatchTemplate: boolean | undefined;
  /** Asks whether the view is current; see `View.confirm`. */
  confirm: () => Promise<boolean>;
}
