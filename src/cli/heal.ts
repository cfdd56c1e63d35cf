/** `operarius heal daemonset`: one repair, as a Job or by hand. */
import { hostname } from "node:os";
import type { HealConfig } from "../config/heal-config.ts";
import { budgetStart, readHealConfig } from "../config/heal-config.ts";
import { createActuator } from "../engine/actuate.ts";
import { withoutSecrets } from "../engine/endings.ts";
import { Interrupted, Stalled } from "../engine/errors.ts";
import { createLedger } from "../engine/ledger.ts";
import { EXIT, exitCode, lastPlan, mainFinding, terminationMessage } from "../engine/outcome.ts";
import { assertNotPaused } from "../engine/pause.ts";
import { mayPatchTemplate } from "../engine/rights.ts";
import { runRemedy } from "../engine/run.ts";
import type { Approval, Outcome } from "../engine/run-types.ts";
import type { ObservationBase, Remedy, Settings, Verdict } from "../engine/types.ts";
import type { Kube } from "../kube/types.ts";
import { daemonSetRollout } from "../remedies/daemonset-rollout/remedy.ts";
import { announceStep } from "../reporting/heal-events.ts";
import type { HealText } from "../reporting/heal-text.ts";
import { createHealText } from "../reporting/heal-text.ts";
import { lastLines } from "../reporting/last-lines.ts";
import { askToApprove, isTerminal } from "./ask.ts";
import { connect, explainApiError } from "./connect.ts";
import type { CliContext, Command } from "./context.ts";
import { parseHealFlags } from "./heal-flags.ts";
import { fleetTimeoutMs, installationNamespace, writeTerminationMessage } from "./job-surroundings.ts";
import type { LogExcerpts } from "./log-excerpts.ts";
import { createLogExcerpts, excerptLines } from "./log-excerpts.ts";
import type { RunRecord } from "./run-record.ts";
import { createRunRecord } from "./run-record.ts";
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

interface Session<O extends ObservationBase> {
  config: HealConfig;
  remedy: Remedy<O>;
  context: CliContext;
  kube: Kube;
  text: HealText;
}

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
  let record = createRunRecord({ config, remedy, context, kube, settings });
  try {
    kube = await connect({ ...config, timeoutMs: settings.requestTimeoutMs }, context);
    const session = { config, remedy, context, kube, text };
    record = createRunRecord({ ...session, settings });
    const sized = await sizedSettings(session);
    record = createRunRecord({ ...session, settings: sized });
    const excerpts = createLogExcerpts(kube, target, config.logExcerpts);
    const outcome = await run({ ...session, record, excerpts }, sized);
    return await conclude({ ...session, record, excerpts, outcome });
  } catch (error) {
    return await giveUp(error, { config, context, server: kube?.server ?? "", text, record });
  } finally {
    kube?.close();
  }
}

/** The program ends itself this long before the Job's deadline, so that the receipt is written. */
const DEADLINE_MARGIN_MS = 10_000;

/** The settings with the time that this run has. */
async function sizedSettings<O extends ObservationBase>({ config, kube }: Session<O>): Promise<Settings> {
  const { target, deadlineMs, settings } = config;
  const wanted = config.autoTimeout ? await fleetTimeoutMs(kube, target, settings) : settings.timeoutMs;
  if (config.autoTimeout && deadlineMs !== undefined && wanted > deadlineMs - DEADLINE_MARGIN_MS) {
    throw new Stalled(
      "DeadlineTooShort",
      `--timeout auto needs ${Math.ceil(wanted / 1000)} s for this fleet, but the Job's deadline is ${deadlineMs / 1000} s. Raise activeDeadlineSeconds to ${Math.ceil((wanted + DEADLINE_MARGIN_MS) / 1000)}.`,
    );
  }
  const most = deadlineMs === undefined ? wanted : Math.max(1000, deadlineMs - DEADLINE_MARGIN_MS);
  return { ...settings, timeoutMs: Math.min(wanted, most) };
}

interface Recorded<O extends ObservationBase> extends Session<O> {
  record: RunRecord<O>;
  excerpts: LogExcerpts;
}

async function run<O extends ObservationBase>(session: Recorded<O>, settings: Settings): Promise<Outcome<O>> {
  const { config, remedy, context, kube, text, record, excerpts } = session;
  const { target } = config;
  const { env, now, signal } = context;
  const namespace = config.installationNamespace ?? (await installationNamespace(kube, target, text));
  const holder = env.POD_NAME ?? `${hostname()}-${process.pid}`;
  const sleep = (ms: number): Promise<void> => sleepUntil(ms, signal);
  return runRemedy({
    remedy,
    kube,
    target,
    settings,
    policies: config.policies,
    approval: approvalOf(config, context),
    approvedPlan: config.approvedPlan,
    dryRun: config.dryRun,
    ledger: createLedger({ kube, namespace, target, holder, now, sleep, signal }),
    actuator: createActuator({ kube, target, dryRun: config.dryRun === "server", now }),
    mayPatchTemplate: () => mayPatchTemplate(kube, target),
    assertNotPaused: () => assertNotPaused(kube, namespace, now()),
    announce: (step, uid) => announceStep(kube, { target, uid, step, at: now() }),
    keep: (soFar) => record.keep(soFar),
    ownNode: config.nodeName,
    startedAtMs: budgetStart(config, context.startedAtMs),
    now,
    sleep,
    signal,
    report: (progress) => {
      if (progress.kind === "look") excerpts.onLook(progress.diagnosis);
      text.report(progress);
    },
  });
}

function approvalOf({ remediation, dryRun }: HealConfig, context: CliContext): Approval {
  // A dry run shows what would be proposed, whether or not somebody is there to agree.
  if (remediation !== "" || dryRun !== "none") return { kind: "record" };
  return isTerminal(context) ? { kind: "ask", ask: (plan) => askToApprove(plan, context) } : { kind: "none" };
}

async function conclude<O extends ObservationBase>(end: Recorded<O> & { outcome: Outcome<O> }): Promise<number> {
  const { config, remedy, context, text, record, outcome } = end;
  const finding = mainFinding(outcome);
  const lines = lastLines({
    outcome,
    finding,
    target: config.target,
    remediation: config.remediation,
    namespace: config.installationNamespace ?? "openfero",
  });
  const excerpts = await end.excerpts.read();
  const { receipt, kept, sentence } = await record.end({
    outcome,
    next: [lines.fix, ...lines.next],
    ...(excerpts === undefined ? {} : { excerpts }),
  });
  if (config.output === "json") context.stdout.write(`${JSON.stringify(receipt, undefined, 2)}\n`);
  const remarks = [...excerptLines(excerpts ?? []), ...(sentence === "" ? [] : [sentence])];
  text.finish({ verdict: outcome.verdict, notes: outcome.last?.plan?.notes, remarks, ...lines });
  const writes = outcome.writes.map(({ step, unconfirmed }) => `${unconfirmed ? "unconfirmed: " : ""}${step.summary}`);
  const { last } = outcome;
  const details = {
    cause: finding?.cause ?? "none",
    writes,
    lastWriteAt: outcome.writes.at(-1)?.at,
    fingerprint: last && remedy.fingerprint(last.observation, last.diagnosis, lastPlan(outcome)),
    kept,
  };
  await writeTerminationMessage(terminationMessage(outcome.verdict, details), context);
  return exitCode(outcome.verdict);
}

interface GivenUp<O extends ObservationBase> {
  config: HealConfig;
  context: CliContext;
  server: string;
  text: HealText;
  record: RunRecord<O>;
}

/** What kept the run from coming to a verdict, in the same form as a verdict. */
async function giveUp<O extends ObservationBase>(error: unknown, given: GivenUp<O>): Promise<number> {
  const { config, context, text, record } = given;
  const { verdict: said, fix, code } = whyGivenUp(error, given);
  const verdict = withoutSecrets(said);
  const outcome = {
    verdict,
    first: undefined,
    last: undefined,
    actedOn: undefined,
    guards: [],
    intents: [],
    writes: [],
  };
  const { receipt, kept, sentence } = await record.end({ outcome, next: [fix] });
  if (config.output === "json") context.stdout.write(`${JSON.stringify(receipt, undefined, 2)}\n`);
  const remarks = sentence === "" ? [] : [sentence];
  text.finish({ verdict, notes: undefined, next: [], remarks, cause: verdict.message, fix });
  await writeTerminationMessage(terminationMessage(verdict, { cause: "none", writes: [], kept }), context);
  return code;
}

/** Throws what is neither the API's nor the cluster's doing. */
function whyGivenUp<O extends ObservationBase>(
  error: unknown,
  { config, context, server }: GivenUp<O>,
): { verdict: Verdict; fix: string; code: number } {
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
  const known = explainApiError(error, server);
  if (!known) throw error;
  return {
    code: known.exit,
    verdict: { kind: "failed", reason: known.reason, message: known.message },
    fix: known.fix,
  };
}
