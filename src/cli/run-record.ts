/** The record of one run of `heal`: built from what the run has come to, kept beside the Remediation in a Job, written to a file. */
import type { HealConfig } from "../config/heal-config.ts";
import { digest } from "../engine/digest.ts";
import { mainFinding } from "../engine/outcome.ts";
import type { ReceiptBody } from "../engine/receipt.ts";
import { buildReceipt } from "../engine/receipt.ts";
import type { Receipt } from "../engine/receipt-schema.ts";
import type { Outcome } from "../engine/run-types.ts";
import type { TerminationMessage } from "../engine/termination.ts";
import type { ObservationBase, Remedy, Settings, Verdict } from "../engine/types.ts";
import type { Kube } from "../kube/types.ts";
import type { Kept } from "../reporting/keep-receipt.ts";
import { createReceiptKeeper } from "../reporting/keep-receipt.ts";
import { version } from "../version.ts";
import type { CliContext } from "./context.ts";
import { writeReceipt } from "./receipt-file.ts";

export interface RunRecord<O extends ObservationBase> {
  /** After a write. Never rejects; what goes wrong is told at the end. */
  keep(soFar: Omit<Outcome<O>, "verdict">): Promise<void>;
  /** Writes the whole record wherever it belongs. */
  end(body: ReceiptBody<O> & { outcome: { verdict: Verdict } }): Promise<EndedRecord>;
}

export interface EndedRecord {
  receipt: Receipt;
  /** For the termination message. */
  kept: Pick<TerminationMessage, "receiptDigest" | "receipt" | "receiptProblem">;
  /** For a person; "" when there is nothing to say. */
  sentence: string;
}

export interface RecordOptions<O extends ObservationBase> {
  config: HealConfig;
  remedy: Remedy<O>;
  context: CliContext;
  /** Undefined while there is no connection: then it is not kept in the cluster. */
  kube: Kube | undefined;
  settings: Settings;
}

/** Nothing is written before the first call. */
export function createRunRecord<O extends ObservationBase>(options: RecordOptions<O>): RunRecord<O> {
  const { config, remedy, context, settings } = options;
  const keeper = keeperOf(options);
  let isBroken = false;
  const build = (body: ReceiptBody<O>): Receipt =>
    buildReceipt(
      {
        version,
        remedy: remedy.name,
        remediation: config.remediation,
        attempt: config.attempt,
        target: config.target,
        alert: config.alert,
        settings,
        policies: config.policies,
        startedAt: context.startedAtMs,
      },
      body,
      remedy,
    );
  const causeOf = (outcome: ReceiptBody<O>["outcome"]): string => mainFinding(outcome)?.cause ?? "none";
  return {
    async keep(soFar) {
      // One failure is enough to wait for: the end tries once more.
      if (keeper === undefined || isBroken) return;
      try {
        const kept = await keeper.keep(build({ outcome: soFar, next: [] }), causeOf(soFar));
        isBroken = kept.kind === "not-kept";
      } catch {
        // Facts that cannot be recorded are told at the end; here they must not end a repair.
        isBroken = true;
      }
    },
    async end(body) {
      const { receipt, problem } = buildAnyway(build, { ...body, finishedAt: context.now() });
      if (config.receipt !== undefined) await writeReceipt(config.receipt, receipt, context);
      const kept = await keeper?.keep(receipt, causeOf(body.outcome));
      const { sentence, ...rest } = told(kept, receipt, config);
      return { receipt, ...rest, sentence: [problem, sentence].filter(Boolean).join("; ") };
    },
  };
}

/** What was concluded and written must be on record even where what was seen cannot be. */
function buildAnyway<O extends ObservationBase>(
  build: (body: ReceiptBody<O>) => Receipt,
  body: ReceiptBody<O>,
): { receipt: Receipt; problem: string } {
  try {
    return { receipt: build(body), problem: "" };
  } catch (error) {
    const outcome = { ...body.outcome, first: undefined, last: undefined, writes: [], guards: [] };
    const why = error instanceof Error ? error.message : String(error);
    return {
      receipt: { ...build({ ...body, outcome }), truncated: ["looks", "writes"] },
      problem: `the receipt lacks what was seen, which could not be recorded: ${why}`,
    };
  }
}

/** Undefined where no record is there to keep it by: on a person's command line, and in a dry run. */
function keeperOf<O extends ObservationBase>({ config, kube }: RecordOptions<O>) {
  const { remediation: name, remediationUid: uid, attempt, dryRun, installationNamespace: namespace } = config;
  if (kube === undefined || name === "" || uid === "" || attempt < 1 || namespace === undefined || dryRun !== "none")
    return undefined;
  return createReceiptKeeper(kube, { namespace, name, uid, attempt });
}

function told(kept: Kept | undefined, receipt: Receipt, config: HealConfig): Omit<EndedRecord, "receipt"> {
  if (kept === undefined) return { kept: { receiptDigest: digest(receipt) }, sentence: "" };
  if (kept.kind === "kept")
    return {
      kept: { receiptDigest: kept.digest, receipt: kept.name },
      sentence: `receipt: kubectl get receipt ${kept.name} -n ${config.installationNamespace} -o json | operarius replay -`,
    };
  return {
    kept: { receiptDigest: digest(receipt), receiptProblem: kept.why },
    sentence: `the receipt could not be kept (the repair does not depend on it): ${kept.why}`,
  };
}
