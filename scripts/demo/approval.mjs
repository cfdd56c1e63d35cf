// How the demo's one question gets its answer: --yes, a line piped in beforehand, or typed on the terminal.
import { createInterface } from "node:readline/promises";

/**
 * `yes` given: always approves. On a terminal: asks when the time comes. Otherwise a line that is already waiting on
 * stdin counts; undefined when there is none, so that nothing hangs for an answer that cannot come.
 * @returns {Promise<undefined | ((question: string) => Promise<boolean>)>}
 */
export async function readApproval(yes) {
  if (yes) return answered("yes", "--yes");
  if (process.stdin.isTTY) return ask;
  const line = await firstLine(1000);
  return line === undefined ? undefined : answered(line, "stdin");
}

function answered(answer, from) {
  return async (question) => {
    console.log(`${question}${answer.trim()}   (from ${from})`);
    return isYes(answer);
  };
}

async function ask(question) {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  // Ctrl-D and Ctrl-C are no answer, and no answer is no approval.
  const closed = new Promise((resolve) => terminal.once("close", () => resolve("")));
  try {
    return isYes(await Promise.race([terminal.question(question), closed]));
  } finally {
    terminal.close();
  }
}

async function firstLine(withinMs) {
  const lines = createInterface({ input: process.stdin });
  const line = await new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), withinMs);
    const settle = (value) => {
      clearTimeout(timer);
      resolve(value);
    };
    lines.once("line", settle);
    lines.once("close", () => settle(undefined));
  });
  lines.close();
  process.stdin.destroy();
  return line;
}

function isYes(answer) {
  return /^\s*y(es)?\s*$/i.test(answer);
}
