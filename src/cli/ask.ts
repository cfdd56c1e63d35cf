/** Asks the person at the terminal to agree to a plan. */
import { createInterface } from "node:readline/promises";
import type { ActPlan } from "../engine/guards/guard.ts";
import type { CliContext } from "./context.ts";

/** True when somebody can be asked. */
export function isTerminal({ stdin, stdout }: Pick<CliContext, "stdin" | "stdout">): boolean {
  return stdin.isTTY === true && stdout.isTTY === true;
}

/** Only a typed y or yes agrees; an interruption or the end of the input does not. */
export async function askToApprove(plan: ActPlan, context: CliContext): Promise<boolean> {
  const steps = plan.steps.map(({ summary }) => `   ${summary}`).join("\n");
  return askToAgree(`${plan.message}\nProposed:\n${steps}\nDo this? [y/N] `, context);
}

/** As above, for any question that ends in [y/N]. */
export async function askToAgree(question: string, { stdin, stderr, signal }: CliContext): Promise<boolean> {
  const readline = createInterface({ input: stdin, output: stderr });
  // A question whose input ends is never answered by Node.
  const ended = new Promise<string>((resolve) => {
    readline.once("close", () => resolve(""));
  });
  try {
    const answer = await Promise.race([readline.question(question, { signal }), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    return false;
  } finally {
    readline.close();
  }
}
