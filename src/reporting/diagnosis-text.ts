/** The words of `operarius diagnose daemonset`: the sentence first, then evidence, plan, what was ruled out, commands (pure). */
import type { Finding, Plan, Policies, Step } from "../engine/types.ts";
import type { Screen } from "./layout.ts";
import { commandLines, painter, wrapped } from "./layout.ts";
import type { FailedLook, JudgedLook, LedgerLook, PartlyLook, PoliciesInForce } from "./look.ts";
import { age, findingsOf, headline, numbersOf, standingOf } from "./look.ts";

export interface DiagnosisText {
  look: JudgedLook;
  policies: PoliciesInForce;
  /** Why nothing may be written at present ("Writes are paused by ..."), whatever the plan; "" = nothing is known to stand in the way. */
  pause: string;
  at: number;
}

/** What writes the sections; each line is wrapped to the screen. */
interface Page {
  lines: string[];
  heading(title: string): void;
  /** One entry of a section, hanging under its first line. */
  entry(text: string): void;
  /** Belongs to the entry above. */
  detail(text: string): void;
  command(text: string): void;
}

function pageOn(screen: Screen): Page {
  const paint = painter(screen);
  const lines: string[] = [];
  return {
    lines,
    heading: (title) => void lines.push("", paint("strong", title)),
    entry: (text) => void lines.push(...wrapped(text, screen.width, "  ", "    ")),
    detail: (text) => void lines.push(...wrapped(text, screen.width, "    - ", "      ")),
    command: (text) =>
      void lines.push(
        ...commandLines(text, screen.width, "  ").map((line) =>
          paint(line.trimStart().startsWith("#") ? "quiet" : "command", line),
        ),
      ),
  };
}

const STATE = {
  stuck: ["bad", "is stuck"],
  moving: ["warn", "is still moving"],
  healthy: ["good", "is healthy"],
  unknown: ["warn", "cannot be judged"],
} as const;

/** Lines for a person; ends with a newline. */
export function diagnosisText(text: DiagnosisText, screen: Screen): string {
  const { look, at } = text;
  const { target } = look;
  const paint = painter(screen);
  const [tone, state] = STATE[standingOf(look)];
  const since = age(look.changedAt, at);
  const changed = since === "" ? "" : `; its spec was last changed ${since} ago`;
  const page = pageOn(screen);
  page.lines.push(...wrapped(headline(look), screen.width));
  const standing = `DaemonSet ${target.namespace}/${target.name} ${state}${changed}.`;
  page.lines.push(...wrapped(standing, screen.width).map((line) => paint(tone, line)));
  evidence(page, look);
  plan(page, text);
  ruledOut(page, look);
  commands(page, look);
  return `${page.lines.join("\n")}\n`;
}

function evidence(page: Page, { preview: { diagnosis }, description }: JudgedLook): void {
  page.heading("Evidence");
  for (const finding of findingsOf(diagnosis)) findingLines(page, finding, diagnosis.message);
  for (const line of description.status) page.entry(line);
  if (description.pods.length === 0) return;
  page.entry("not running:");
  for (const line of description.pods) page.detail(line);
}

/** What the sentence at the head already says is not said again. */
function findingLines(page: Page, { cause, reason, message, evidence: shown }: Finding, said: string): void {
  page.entry(message === said ? `${cause} ${reason}` : `${cause} ${reason}: ${message}`);
  for (const line of shown) page.detail(line);
}

function plan(page: Page, { look, policies, pause, at }: DiagnosisText): void {
  const { proposal, guards } = look.preview;
  page.heading("Plan");
  if (proposal.kind === "blocked") page.entry(`none (${proposal.reason}): ${proposal.message}`);
  else planLines(page, proposal.plan, look);
  for (const { name, result } of guards) {
    if (result.kind === "veto") page.entry(`guard ${name} forbids it: ${result.message}`);
    if (result.kind === "needs-approval") page.entry(`guard ${name} wants a person's word: ${result.message}`);
    if (result.kind === "not-evaluated") page.entry(`guard ${name} could not be evaluated: ${result.message}`);
  }
  if (pause !== "") page.entry(pause);
  if (look.owner !== "") page.entry(`the template is managed by ${look.owner}`);
  page.entry(
    `policies: ${policyWords(proposal.kind === "blocked" ? policies.flags : proposal.context.policies)} (${policies.source})`,
  );
  if (proposal.kind === "proposed") for (const note of proposal.notes) page.detail(note);
  page.entry(triedBefore(look.ledger, at));
  if (look.unread.length > 0) page.entry(`not read with these rights: ${look.unread.join(", ")}`);
}

function planLines(page: Page, given: Plan, look: JudgedLook): void {
  switch (given.kind) {
    case "nothing":
      page.entry("nothing has to be done");
      return;
    case "act":
      actLines(page, given, look);
      break;
    case "wait":
      page.entry(`wait (${given.reason}): ${given.message}`);
      break;
    case "decline":
      page.entry(`nothing is done automatically (${given.reason})`);
  }
  const kinds = new Set(given.kind === "act" ? given.steps.map(({ kind }) => kind) : []);
  if (!kinds.has("delete-pod")) page.entry(`delete pods: ${given.notes.delete}`);
  if (!kinds.has("rollback") && !kinds.has("restart")) page.entry(`roll back or restart: ${given.notes.template}`);
}

function actLines(page: Page, given: Extract<Plan, { kind: "act" }>, { description }: JudgedLook): void {
  for (const { summary } of given.steps) page.entry(summary);
  page.entry(numbers(given.steps));
  const deletes = given.steps.some(({ kind }) => kind === "delete-pod");
  if (deletes) for (const limit of description.limits ?? []) page.entry(`limits: ${limit}`);
  if (given.more) page.entry("further steps may follow once these have worked");
  page.entry(
    given.needsApproval
      ? `approval: a person must agree to exactly this plan (digest ${given.digest})`
      : "approval: none is needed under these policies",
  );
}

function numbers(steps: readonly Step[]): string {
  const { deletions, templateWrites, restarts } = numbersOf(steps);
  const restarted = steps.some(({ kind }) => kind === "restart") ? "every pod in turn" : restarts;
  return `numbers: pods deleted ${deletions}, writes of the template ${templateWrites}, available pods restarted ${restarted}`;
}

/** "strategy guided, rollback approve, delete on". */
export function policyWords({ strategy, rollback, delete: deletion }: Policies): string {
  return `strategy ${strategy}, rollback ${rollback}, delete ${deletion}`;
}

function triedBefore(ledger: LedgerLook, at: number): string {
  if (ledger.kind === "broken") return `what was already tried is not known: ${ledger.message}`;
  if (ledger.kind !== "read")
    return `what was already tried is not known (${ledger.message}); the plan assumes that nothing was`;
  if (ledger.intents.length === 0) return "nothing was tried in the last 24 h";
  const tried = ledger.intents.map((intent) => {
    const where = intent.node === "" ? "" : ` on ${intent.node}`;
    return `${intent.kind}${where} ${age(intent.at, at)} ago`;
  });
  return `tried in the last 24 h: ${tried.join(", ")}`;
}

function ruledOut(page: Page, { preview: { diagnosis } }: JudgedLook): void {
  const excluded = diagnosis.kind === "unhealthy" ? (diagnosis.ruledOut ?? []) : [];
  if (excluded.length === 0) return;
  page.heading("Ruled out");
  for (const { what, why } of excluded) page.entry(`${what}: ${why}`);
}

/** Our own command would be undone where somebody else manages the template; the owner is named in the plan. */
function commands(page: Page, { preview, target }: JudgedLook): void {
  const { proposal, veto, diagnosis } = preview;
  const own = findingsOf(diagnosis).flatMap(({ commands: all }) => all);
  const heal = `operarius heal daemonset ${target.name} -n ${target.namespace}   # carries out the plan above, after a second look`;
  const acts = proposal.kind === "proposed" && proposal.plan.kind === "act" && veto === undefined;
  const instead = veto?.command === undefined ? [] : [veto.command];
  const all = [...new Set([...(acts ? [heal] : []), ...instead, ...own])];
  if (all.length === 0) return;
  page.heading("For a person");
  for (const command of all) page.command(command);
}

/** What is shown of a DaemonSet that could not be counted or judged; ends with a newline. */
export function partlyText(
  look: PartlyLook | FailedLook,
  unread: readonly { what: string; message: string }[],
  screen: Screen,
): string {
  const { namespace, name } = look.target;
  const ref = `DaemonSet ${namespace}/${name}`;
  const sentence =
    look.kind === "failed"
      ? `${ref} could not be judged: ${look.message}`
      : `${ref} ${look.isStuck ? "does not seem healthy" : "seems healthy by what it reports"}: ${look.message}. It could not be counted, so there is no cause and no plan.`;
  const notes = unread.map(
    ({ what, message }) => `Not evaluated: ${what} cannot be read with these rights (${message}).`,
  );
  return `${[sentence, ...notes].flatMap((line) => wrapped(line, screen.width)).join("\n")}\n`;
}
