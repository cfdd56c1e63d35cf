/** What the log of a Job has to show. Pure. */

const headings = ["Status", "Pods that are not running", "Delete stuck pods", "Rollout restart", "Wait for the result"];

export interface Wanted {
  /** With which the last two lines go on after "cause: " and "fix: ". */
  cause?: string;
  fix?: string;
}

/** Sentences that begin after "the log"; empty = five numbered steps in their order, then the cause and what fixes it. */
export function logComplaints(log: string, { cause = "", fix = "" }: Wanted): string[] {
  const lines = log.trimEnd().split("\n");
  const numbered = lines.filter((line) => /^\d+\. /.test(line));
  const steps = headings.map((heading, index) => `${index + 1}. ${heading}`);
  const [lastButOne = "", last = ""] = lines.slice(-2);
  return [
    ...(JSON.stringify(numbered) === JSON.stringify(steps) ? [] : ["does not show the five steps"]),
    ...(lastButOne.startsWith(`cause: ${cause}`)
      ? []
      : [`has no last line but one that begins with "cause: ${cause}"`]),
    ...(last.startsWith(`fix: ${fix}`) ? [] : [`has no last line that begins with "fix: ${fix}"`]),
  ];
}
