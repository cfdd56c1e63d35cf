/** The words of `operarius replay`: the sentence first, then what is equal, then the differences (pure). */
import type { Receipt } from "../engine/receipt-schema.ts";
import { redact } from "../engine/redact.ts";
import type { Replay, ReplayedLook } from "../engine/replay.ts";

const NAMES: Readonly<Record<ReplayedLook["as"][number], string>> = {
  first: "first look",
  acted: "look that was acted on",
  last: "last look",
};

function lookText({ as, at, message, result }: ReplayedLook): string[] {
  const head = `${as.map((each) => NAMES[each]).join(", ")} (${at})`;
  switch (result.kind) {
    case "equal":
      return [
        `equal: ${head}: ${result.planned ? "diagnosis and plan" : "diagnosis; nothing was planned"}`,
        `   ${message}`,
      ];
    case "cut":
      return [`not known: ${head}: its observation was cut from the receipt`, `   ${message}`];
    case "differs":
      return [
        `differs: ${head}`,
        `   ${message}`,
        ...result.differences.flatMap(({ path, recorded, again }) => [
          `   ${path}`,
          `     - recorded: ${recorded}`,
          `     + now:      ${again}`,
        ]),
      ];
  }
}

function conclusion(receipt: Receipt, replay: Replay, version: string): string {
  if (replay.kind === "truncated")
    return `The replay cannot be equal: the receipt was cut to fit (${(receipt.truncated ?? ["an observation"]).join(", ")}).`;
  if (replay.kind === "differs") {
    const other = receipt.version === version ? "" : ` It was written by ${receipt.version}, this is ${version}.`;
    return `The replay differs from the receipt.${other}`;
  }
  if (replay.looks.length === 0) return "There is nothing to replay: the run ended before its first look.";
  return `The replay equals the receipt: ${replay.looks.length} of ${replay.looks.length} looks.`;
}

/** Several lines, the last one ended by a newline. Control characters of a hostile file do not reach the terminal. */
export function replayText(receipt: Receipt, replay: Replay, version: string): string {
  const { target, verdict, remediation, attempt, writes } = receipt;
  const where = remediation === "" ? "" : ` (${remediation}, attempt ${attempt})`;
  const lines = [
    `${target.namespace}/${target.name}${where}: ${verdict === undefined ? "no verdict; the run was not over" : `${verdict.kind} (${verdict.reason}): ${verdict.message}`}`,
    ...writes.map(
      ({ at, step, unconfirmed }) => `wrote at ${at}: ${step.summary}${unconfirmed ? " (unconfirmed)" : ""}`,
    ),
    ...replay.looks.flatMap(lookText),
    conclusion(receipt, replay, version),
  ];
  return `${lines.map((line) => redact(printable(line))).join("\n")}\n`;
}

/** Without what a terminal would obey. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, " ");
}
