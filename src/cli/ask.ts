/** Asks the person at the terminal to agree to a plan. */
import { createInterface } from "node:readline/promises";
import type { ActPlan } from "../engine/guards/guard.ts";
import type { CliContext } from "./context.ts";

/** True when somebody can be asked. */
export function isTerminal({ stdin, stdout }: Pick<CliContext, "stdin" | "stdout">): boolean {
  return stdin.isTTY === true && stdout.isTTY === true;
}

/** Only a typed y or yes agrees; an interruption or the end of the input does not. */
export async function askToApprove(plan: ActPlan, { stdin, stderr, signal }: CliContext): Promise<boolean> {
  const readline = createInterface({ input: stdin, output: stderr });
  try {
    const steps = plan.steps.map(({ summary }) => `   ${summary}`).join("\n");
    const answer = await readline.question(`${plan.message}\nProposed:\n${steps}\nDo this? [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    return false;
  } finally {
    readline.close();
  }
}
