/** One line that says how far the reading is, on a terminal only, and gone when it is done. */
import type { CliContext } from "./context.ts";

export interface ProgressLine {
  /** So many objects of a kind were read. */
  count: (what: string, count: number) => void;
  clear: () => void;
}

/** Small clusters are read before anybody could read the line. */
const QUIET_MS = 400;
const AGAIN_MS = 100;

/** Writes to stderr, so that the answer itself can be piped. */
export function createProgressLine({ stderr, env, now }: Pick<CliContext, "stderr" | "env" | "now">): ProgressLine {
  const counts = new Map<string, number>();
  const isShown = stderr.isTTY === true && env.TERM !== "dumb";
  const from = now();
  let at = from + QUIET_MS - AGAIN_MS;
  let length = 0;
  const show = (text: string): void => {
    stderr.write(`\r${text.padEnd(length)}\r${text}`);
    length = text.length;
  };
  return {
    count(what, count) {
      counts.set(what, count);
      if (!isShown || now() - at < AGAIN_MS) return;
      at = now();
      const room = Math.max(20, (stderr.columns ?? 80) - 1);
      show(`reading: ${[...counts].map(([name, so]) => `${name} ${so}`).join(", ")}`.slice(0, room));
    },
    clear() {
      if (length === 0) return;
      stderr.write(`\r${" ".repeat(length)}\r`);
      length = 0;
    },
  };
}
