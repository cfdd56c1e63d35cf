/** `operarius heal daemonset`: one repair, as a Job or by hand. */
import { hostname } from "node:os";
import type { HealConfig } from "../config/heal-config.ts";
import { budgetStart, readHealConfig } from "../config/heal-config.ts";
import { createActuator } from "../engine/actuate.ts";
import { Interrupted, Stalled } from "../engine/errors.ts";
import { createLedger } from "../engine/ledger.ts";
import { EXIT, exitCode, mainFinding, terminationMessage } from "../engine/outcome.ts";
import { assertNotPaused } from "../engine/pause.ts";
import { buildReceipt } from "../engine/receipt.ts";
import { mayPatchTemplate } from "../engine/rights.ts";
import { runRemedy } from "../engine/run.ts";
import type { Approval, Outcome } from "../engine/run-types.ts";
import type { ObservationBase, Remedy, Verdict } from "../engine/types.ts";
import type { Kube } from "../kube/types.ts";
import { daemonSetRollout } from "../remedies/daemonset-rollout/remedy.ts";
import { announceStep } from "../reporting/heal-events.ts";
import { createHealText } from "../reporting/heal-text.ts";
import { lastLines } from "../reporting/last-lines.ts";
import { version } from "../version.ts";
import { askToApprove, isTerminal } from "./ask.ts";
import { connect, explainApiError } from "./connect.ts";
import type { CliContext, Command } from "./context.ts";
import { parseHealFlags } from "./heal-flags.ts";
import { fleetTimeoutMs, installationNamespace, writeTerminationMessage } from "./job-surroundings.ts";
import { writeReceipt } from "./receipt-file.ts";
import { logScreen } from "./screen.ts";
import { sleepUntil } from "./sleep.ts";

/** Exit codes: see engine/outcome.ts. */
export const heal: Command = async (args, context) => {
  const parsed = parseHealFlags(args, context);
  if (parsed.kind === "exit") return parsed.code;
  const read = readHealConfig(parsed.name, parsed.flags, context.env);
  if ("problems" in read) {
    context.stderr.write(
      `operarius heal daemonset cannot start:\n${read.problems.map((problem) => `  - ${problem}\n`).join("")}`,
    );
    context.stderr.write("See operarius heal daemonset --help.\n");
    // In a Job the record has to say it too; nobody reads the log of every pod.
    const verdict: Verdict = { kind: "failed", reason: "Configuration", message: read.problems.join("; ") };
    await writeTerminationMessage(terminationMessage(verdict, { cause: "none", writes: [] }), context);
    return EXIT.usage;
  }
  return healTarget(read.config, daemonSetRollout, context);
};

async function healTarget<O extends ObservationBase>(
  config: HealConfig,
  remedy: Remedy<O>,
  context: CliContext,
): Promise<number> {
  const text = createHealText((line) => {
    if (config.output === "text") context.stdout.write(`${line}\n`);
  }, logScreen(context));
  const { target, settings } = config;
  if (config.output === "text") {
    context.stdout.write(`operarius heal daemonset ${target.namespace}/${target.name}\n`);
    if (settings.pace === "fast") context.stdout.write("pace fast: short waits, for demos and tests only\n");
  }
  let kube: Kube | undefined;
  try {
    kube = await connect({ ...config, timeoutMs: settings.requestTimeoutMs }, context);
    const outcome = await run({ config, remedy, context, kube, text });
    return conclude({ config, remedy, context, outcome, text });
  } catch (error) {
    return giveUp(error, { config, context, server: kube?.server ?? "", text });
  } finally {
    kube?.close();
  }
}

interface Session<O extends ObservationBase> {
  config: HealConfig;
  remedy: Remedy<O>;
  context: CliContext;
  kube: Kube;
  text: ReturnType<typeof createHealText>;
}

/** The program ends itself this long before the Job's deadline, so that the receipt is written. */
const DEADLINE_MARGIN_MS = 10_000;

async function run<O extends ObservationBase>({
  config,
  remedy,
  context,
  kube,
  text,
}: Session<O>): Promise<Outcome<O>> {
  const { target, deadlineMs } = config;
  const { env, now, signal } = context;
  const wanted = config.autoTimeout ? await fleetTimeoutMs(kube, target, config.settings) : config.settings.timeoutMs;
  if (config.autoTimeout && deadlineMs !== undefined && wanted > deadlineMs - DEADLINE_MARGIN_MS) {
    throw new Stalled(
      "DeadlineTooShort",
      `--timeout auto needs ${Math.ceil(wanted / 1000)} s for this fleet, but the Job's deadline is ${deadlineMs / 1000} s. Raise activeDeadlineSeconds to ${Math.ceil((wanted + DEADLINE_MARGIN_MS) / 1000)}.`,
    );
  }
  const timeoutMs = Math.min(
    wanted,
    deadlineMs === undefined ? wanted : Math.max(1000, deadlineMs - DEADLINE_MARGIN_MS),
  );
  const namespace = config.installationNamespace ?? (await installationNamespace(kube, target, text));
  const holder = env.POD_NAME ?? `${hostname()}-${process.pid}`;
  const sleep = (ms: number): Promise<void> => sleepUntil(ms, signal);
  return runRemedy({
    remedy,
    kube,
    target,
    settings: { ...config.settings, timeoutMs },
    policies: config.policies,
    approval: approvalOf(config, context),
    approvedPlan: config.approvedPlan,
    dryRun: config.dryRun,
    ledger: createLedger({ kube, namespace, target, holder, now, sleep, signal }),
    actuator: createActuator({ kube, target, dryRun: config.dryRun === "server", now }),
    mayPatchTemplate: () => mayPatchTemplate(kube, target),
    assertNotPaused: () => assertNotPaused(kube, namespace, now()),
    announce: (step, uid) => announceStep(kube, { target, uid, step, at: now() }),
    ownNode: config.nodeName,
    startedAtMs: budgetStart(config, context.startedAtMs),
    now,
    sleep,
    signal,
    report: text.report,
  });
}

function approvalOf({ remediation, dryRun }: HealConfig, context: CliContext): Approval {
  // A dry run shows what would be proposed, whether or not somebody is there to agree.
  if (remediation !== "" || dryRun !== "none") return { kind: "record" };
  return isTerminal(context) ? { kind: "ask", ask: (plan) => askToApprove(plan, context) } : { kind: "none" };
}

async function conclude<O extends ObservationBase>(
  end: Omit<Session<O>, "kube"> & { outcome: Outcome<O> },
): Promise<number> {
  const { config, remedy, context, outcome, text } = end;
  const finding = mainFinding(outcome);
  const lines = lastLines({
    outcome,
    finding,
    target: config.target,
    remediation: config.remediation,
    namespace: config.installationNamespace ?? "openfero",
  });
  const receipt = buildReceipt({
    version,
    remedy: remedy.name,
    remediation: config.remediation,
    target: config.target,
    settings: config.settings,
    policies: config.policies,
    startedAt: context.startedAtMs,
    finishedAt: context.now(),
    outcome,
    next: finding?.commands ?? [],
  });
  if (config.receipt !== undefined) await writeReceipt(config.receipt, receipt, context);
  if (config.output === "json") context.stdout.write(`${JSON.stringify(receipt, undefined, 2)}\n`);
  text.finish({ verdict: outcome.verdict, notes: outcome.last?.plan?.notes, ...lines });
  const writes = outcome.writes.map(({ step, unconfirmed }) => `${unconfirmed ? "unconfirmed: " : ""}${step.summary}`);
  await writeTerminationMessage(
    terminationMessage(outcome.verdict, { cause: finding?.cause ?? "none", writes, receipt }),
    context,
  );
  return exitCode(outcome.verdict);
}

/** What kept the run from coming to a verdict, in the same form as a verdict. */
async function giveUp(
  error: unknown,
  {
    config,
    context,
    server,
    text,
  }: { config: HealConfig; context: CliContext; server: string; text: ReturnType<typeof createHealText> },
): Promise<number> {
  const known = explainApiError(error, server);
  const { verdict, fix, code } = ((): { verdict: Verdict; fix: string; code: number } => {
    if (error instanceof Interrupted || context.signal.aborted) {
      return {
        code: EXIT.interrupted,
        verdict: { kind: "failed", reason: "Interrupted", message: "Told to stop; it stopped between two steps." },
        fix: `operarius heal daemonset ${config.target.name} -n ${config.target.namespace}   # goes on where this stopped`,
      };
    }
    if (error instanceof Stalled) {
      const code = ["NotFound", "DeadlineTooShort"].includes(error.reason) ? EXIT.usage : EXIT.declined;
      return {
        code,
        verdict: { kind: "declined", reason: error.reason, message: error.message },
        fix: `kubectl get daemonsets -n ${config.target.namespace}`,
      };
    }
    if (known)
      return {
        code: known.exit,
        verdict: { kind: "failed", reason: known.reason, message: known.message },
        fix: known.fix,
      };
    throw error;
  })();
  if (config.output === "json")
    context.stdout.write(
      `${JSON.stringify({ schema: "operarius.openfero.io/receipt/v1", target: config.target, verdict }, undefined, 2)}\n`,
    );
  text.finish({ verdict, notes: undefined, next: [], cause: verdict.message, fix });
  await writeTerminationMessage(terminationMessage(verdict, { cause: "none", writes: [] }), context);
  return code;
}
