/** The vocabulary of the engine. Remedies import these types; the engine imports no remedy. */
import type { Kube } from "../kube/types.ts";
import type { GuardFacts } from "./guard-facts.ts";
import type { Surroundings, SurroundingsQuery } from "./guards/common-cause.ts";
import type { Settings } from "./settings.ts";
import type { VerdictKind } from "./termination.ts";

export type { GuardFacts } from "./guard-facts.ts";
export type { Settings } from "./settings.ts";

/** What an alert is about. `cluster` is "" where one installation serves one cluster. */
export interface Target {
  cluster: string;
  kind: string;
  namespace: string;
  name: string;
}

/** Number in the failure catalogue; "none" where there is no trouble. */
export type CauseId = `C${number}` | "none";

/** A cause together with what shows it. */
export interface Finding {
  cause: CauseId;
  /** Stable CamelCase constant, public API. */
  reason: string;
  /** One sentence for a person. */
  message: string;
  evidence: readonly string[];
  /** Names of the pods and nodes it rests on. */
  pods: readonly string[];
  nodes: readonly string[];
  /** What a person runs to fix it, names filled in; the first is the best. */
  commands: readonly string[];
  /** What is behind it and may be behind others' troubles: node/n2, registry/example.com, webhook/name, zone/a. */
  root?: string;
}

export type Diagnosis =
  | { kind: "healthy"; reason: string; message: string }
  | {
      kind: "pending";
      reason: string;
      message: string;
      /** When what is moving would count as stuck. It may well end sooner. */
      recheckAfterMs: number;
      /** Nothing is expected to end much before `recheckAfterMs`: a run that has less time need not stay for it. */
      onlyLater: boolean;
      findings: readonly Finding[];
    }
  | {
      kind: "unhealthy";
      reason: string;
      message: string;
      findings: readonly [Finding, ...Finding[]];
      /** What was looked at and is not the cause; absent where a remedy does not say. */
      ruledOut?: readonly RuledOut[];
    };

/** A suspect that the facts clear. */
export interface RuledOut {
  /** "the node n2" */
  what: string;
  /** "it is Ready and without pressure" */
  why: string;
}

/** One write, as data. `summary` is what a person reads before and after it. */
export type Step =
  | {
      kind: "delete-pod";
      pod: { namespace: string; name: string; uid: string; resourceVersion: string };
      node: string;
      reason: string;
      /** Trouble class that the ledger remembers per node and template. */
      trouble: string;
      /** Skips the grace period; only ever with a person's approval that names the uid. */
      force: boolean;
      summary: string;
    }
  | { kind: "restart"; reason: string; summary: string }
  | {
      kind: "rollback";
      reason: string;
      revision: { name: string; number: number; templateHash: string };
      /** Available pods that this replaces. */
      restartsAvailable: number;
      summary: string;
    }
  /** An annotation on the target itself, never on its template: makes its controller count anew and restarts nothing. */
  | { kind: "touch"; reason: string; summary: string };

/** What the steps were planned against: a write is refused when any of it has changed. */
export interface Fence {
  uid: string;
  generation: number;
  /** Hash of the template without the restartedAt annotation. */
  templateHash: string;
}

/** Why a step of the runbook is or is not taken; printed under its number. */
export interface StepNotes {
  delete: string;
  template: string;
}

export type Plan =
  | { kind: "nothing"; reason: string; message: string; notes: StepNotes }
  | { kind: "wait"; reason: string; message: string; recheckAfterMs: number; notes: StepNotes }
  | {
      kind: "act";
      reason: string;
      message: string;
      steps: readonly [Step, ...Step[]];
      /** True when further steps may follow once these have worked. */
      more: boolean;
      /** True when a person must agree to exactly this plan first. */
      needsApproval: boolean;
      fence: Fence;
      digest: string;
      notes: StepNotes;
    }
  | { kind: "decline"; reason: string; message: string; notes: StepNotes };

/** What is compared of a plan; see `planMark` in proposal.ts. */
export interface PlanMark {
  kind: Plan["kind"];
  reason: string;
  /** Of a plan to act. */
  digest?: string;
}

export type Verdict = {
  kind: VerdictKind;
  reason: string;
  message: string;
  planDigest?: string;
  recheckAfterMs?: number;
  /** What a person runs because of the reason, where it is not what the finding says. */
  command?: string;
};

/** How much may be done. Flags are the ceiling; annotations on the target can only lower it. */
export interface Policies {
  strategy: "guided" | "restart";
  rollback: "off" | "suggest" | "approve" | "auto";
  delete: "off" | "on";
  /** Uids of pods whose forced deletion a person approved. */
  forceDelete: readonly string[];
  /** approve: a person must agree to every plan with writes, whatever the others say; absent = auto. */
  mode?: "auto" | "approve";
}

/** One write that was about to be made, as kept in the ledger. An intent without a visible effect counts as done. */
export interface Intent {
  kind: Step["kind"];
  /** Of the target. */
  uid: string;
  templateHash: string;
  cause: CauseId;
  trouble: string;
  node: string;
  /** Uid of the pod; "" for writes of the target itself. */
  pod: string;
  /** Of the target when the write was planned; absent in entries of older versions. */
  generation?: number;
  /** Milliseconds since the epoch. */
  at: number;
}

/** An intent of another target, as its own ledger tells. */
export interface ForeignIntent extends Intent {
  /** "DaemonSet/kube-system/agent". */
  target: string;
}

/** What every observation has, whatever it observes. Plain JSON, so that it can be kept and replayed. */
export interface ObservationBase {
  /** Milliseconds since the epoch. */
  at: number;
  fence: Fence;
}

/** A live view of one target. */
export interface View<O> {
  /** The facts as they are now. Rejects with `Stalled` when the target is gone. */
  look(): Promise<O>;
  /** Resolves when anything in the view changed, after `timeoutMs`, or when the signal aborts. */
  changed(timeoutMs: number, signal: AbortSignal): Promise<void>;
  /**
   * Whether what the view shows is what the API server holds, asked of the server when the watches have been silent for
   * a while: a connection that died quietly must not prove health.
   */
  confirm(): Promise<boolean>;
  stop(): void;
}

export interface PlanContext {
  policies: Policies;
  settings: Settings;
  /** Newest last. */
  intents: readonly Intent[];
  /** False when these rights do not include patching the target: then it is only suggested. */
  mayPatchTemplate: boolean;
  /** Pods that may still be deleted in the cluster; undefined = not limited. A wave is cut to it, to one at least. */
  deletionsLeft?: number;
}

/** How far a target is from recovered. `soakedMs` counts from the later of the last change and `sinceMs`. */
export type Health =
  | { healthy: true; soakedMs: number; requiredMs: number }
  | { healthy: false; reason: string; message: string };

/** What runs on one node, for the before and after of a receipt. */
export interface NodeState {
  node: string;
  pods: readonly { name: string; uid: string; revision: string; ready: boolean }[];
}

/** What a person reads of an observation: the first two steps of the runbook. */
export interface Description {
  /** By recount; absent where a remedy counts nothing. */
  counts?: { desired: number; available: number };
  /** Within which limits a plan's deletions stay, one sentence each. */
  limits?: readonly string[];
  status: readonly string[];
  pods: readonly string[];
}

/** With what a remedy reads the surroundings of a target. */
export interface SurroundingsOptions {
  kube: Kube;
  target: Target;
  settings: Settings;
  at: number;
}

/** Code for one class of trouble. Everything but `open` and `surroundings` is pure: no clock, no I/O, no logger. */
export interface Remedy<O extends ObservationBase> {
  name: string;
  /** Kind of the targets. */
  kind: string;
  /** Alerts it answers. */
  alerts: readonly string[];
  open(options: {
    kube: Kube;
    target: Target;
    settings: Settings;
    signal: AbortSignal;
    now: () => number;
  }): Promise<View<O>>;
  /** Other workloads in trouble near the target; read right before a write. Rejects when the API does not answer. */
  surroundings(options: SurroundingsOptions, query: SurroundingsQuery): Promise<Surroundings>;
  diagnose(observation: O, context: Pick<PlanContext, "settings" | "intents">): Diagnosis;
  plan(observation: O, diagnosis: Diagnosis, context: PlanContext): Plan;
  verify(observation: O, options: { settings: Settings; sinceMs: number; first: O }): Health;
  guardFacts(observation: O, settings: Settings): GuardFacts;
  describe(observation: O, settings: Settings): Description;
  /** Each node that should run the target or has a pod of it. */
  nodeStates(observation: O): readonly NodeState[];
  /** Whether most of the target works, which makes an incomplete repair partial rather than failed. */
  mostlyWorks(observation: O): boolean;
  /**
   * Equal as long as what is wrong, with which pods and nodes, and what is planned about it are: not a matter of ages,
   * counts of restarts or words.
   */
  fingerprint(observation: O, diagnosis: Diagnosis, plan: PlanMark | undefined): string;
  /** Least time a wave needs until its replacements can be Available, in milliseconds. */
  waveMs(observation: O, settings: Settings): number;
}
