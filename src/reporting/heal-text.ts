/** The words of `operarius heal` on screen and in the Job's log: the five steps of the runbook, always all five. */
import { redact } from "../engine/redact.ts";
import type { Progress } from "../engine/report.ts";
import type { Plan, StepNotes, Verdict } from "../engine/types.ts";
import type { Screen } from "./layout.ts";
import { painter, wrapped } from "./layout.ts";

const HEADINGS = [
  "Status",
  "Pods that are not running",
  "Delete stuck pods",
  "Rollout restart",
  "Wait for the result",
] as const;
type Number = 1 | 2 | 3 | 4 | 5;

export interface Ending {
  verdict: Verdict;
  notes: StepNotes | undefined;
  /** Further commands for a person, besides `fix`. */
  next: readonly string[];
  /** Further lines for a person, after the verdict. */
  remarks?: readonly string[];
  cause: string;
  fix: string;
}

export interface HealText {
  report: (progress: Progress) => void;
  /** Prints what is still missing of the five steps, then the verdict and the last two lines. */
  finish(end: Ending): void;
}

/** What others wrote may have line ends; the last two lines are two lines whatever it says. */
function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, " ").trim();
}

/** Under which number the first step of a plan is told. */
function stepOf(plan: Plan | undefined): 3 | 4 {
  return plan?.kind === "act" && plan.steps[0].kind !== "delete-pod" ? 4 : 3;
}

/** Where no terminal is: a line of the log is a line, however long. */
const LOG: Screen = { width: Number.POSITIVE_INFINITY, colour: false };

/** Writes lines to `print`, wrapped to the screen; each line is told once while it stays the same. */
export function createHealText(print: (line: string) => void, screen: Screen = LOG): HealText {
  const paint = painter(screen);
  let step = 0;
  /** What was said under the present heading. */
  const told = new Set<string>();
  let looked = false;
  let wrote = false;
  let settled = false;
  let notes: StepNotes | undefined;
  let planned: Plan | undefined;

  function line(text: string): void {
    if (told.has(text)) return;
    told.add(text);
    for (const each of onScreen(text, "   ", "     ")) print(each);
  }

  function onScreen(text: string, indent: string, hanging: string): string[] {
    return screen.width === LOG.width ? [`${indent}${text}`] : wrapped(text, screen.width, indent, hanging);
  }

  /** Opens the numbered steps up to `number`; those that are passed over say why nothing was done. */
  function open(number: Number): void {
    while (step < number) {
      step += 1;
      print(paint("strong", `${step}. ${HEADINGS[step - 1]}`));
      told.clear();
      if (!looked && step < 3) line("not known: the cluster was not read");
      if (step < number && step === 3) line(notes?.delete ?? "not done");
      if (step < number && step === 4) line(notes?.template ?? "not done");
    }
  }

  function look({ description, diagnosis }: Extract<Progress, { kind: "look" }>): void {
    if (looked) {
      if (wrote && diagnosis.kind !== "healthy") line(diagnosis.message);
      return;
    }
    looked = true;
    open(1);
    for (const text of description.status) line(text);
    line(diagnosis.message);
    const findings = diagnosis.kind === "healthy" ? [] : diagnosis.findings;
    for (const text of findings.flatMap(({ evidence }) => evidence).slice(0, 6)) line(`evidence: ${text}`);
    open(2);
    if (description.pods.length === 0) line("none");
    for (const text of description.pods) line(text);
  }

  function tell(progress: Exclude<Progress, { kind: "look" }>): void {
    switch (progress.kind) {
      case "plan":
        notes = progress.plan.notes;
        planned = progress.plan;
        settled = progress.plan.kind === "act" && !progress.plan.more;
        if (progress.plan.kind === "wait" && !wrote) {
          open(3);
          line(`waiting: ${progress.plan.message}`);
        }
        return;
      case "dwell":
        open(stepOf(planned));
        line(`looking again in ${progress.ms / 1000} s before anything is changed`);
        return;
      case "wrote":
        wrote = true;
        open(progress.step.kind === "delete-pod" ? 3 : 4);
        line(`${progress.dryRun ? "dry run, accepted" : "done"}: ${progress.step.summary}`);
        if (settled) open(5);
        return;
      case "policies":
        for (const note of progress.notes) line(note);
        return;
      case "guards":
        for (const { name, result } of progress.reports) {
          if (result.kind !== "pass") line(`guard ${name}: ${result.message}`);
        }
        return;
      case "moved":
      case "note":
        // An error of the API repeats what webhooks say; everything else here was made of facts without secrets.
        line(redact(progress.message));
        return;
      case "health": {
        const { health } = progress;
        if (!health.healthy) return;
        open(5);
        line(`healthy; it counts after ${Math.ceil(health.requiredMs / 1000)} s without a relapse`);
        return;
      }
    }
  }

  return {
    report(progress) {
      if (progress.kind === "look") look(progress);
      else tell(progress);
    },
    finish({ verdict, notes: final, next, remarks = [], cause, fix }) {
      notes = final ?? notes;
      open(5);
      line(`${verdict.kind} (${verdict.reason}): ${verdict.message}`);
      for (const remark of remarks) line(remark);
      for (const command of next) line(`for a person: ${command}`);
      const [first = "", ...rest] = onScreen(`cause: ${oneLine(cause)}`, "", "  ");
      for (const each of [first.replace(/^cause:/, paint("strong", "cause:")), ...rest]) print(each);
      // A command is there to be copied.
      print(`${paint("strong", "fix:")} ${paint("command", oneLine(fix))}`);
    },
  };
}
