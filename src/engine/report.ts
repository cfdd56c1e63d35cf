/** What a run tells while it runs. The words on screen are made in reporting/heal-text.ts. */
import type { GuardReport } from "./guards/index.ts";
import type { Description, Diagnosis, Health, Plan, Step } from "./types.ts";

export type Progress =
  | { kind: "look"; description: Description; diagnosis: Diagnosis }
  | { kind: "plan"; plan: Plan }
  | { kind: "policies"; notes: readonly string[] }
  | { kind: "guards"; reports: readonly GuardReport[] }
  | { kind: "dwell"; ms: number }
  | { kind: "wrote"; step: Step; dryRun: boolean }
  | { kind: "moved"; message: string }
  | { kind: "health"; health: Health; remainingMs: number }
  | { kind: "note"; message: string };

export type Report = (progress: Progress) => void;
