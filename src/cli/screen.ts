/** How wide the screen is and whether it has colours, from the process and its environment. */
import type { Screen } from "../reporting/layout.ts";
import type { CliContext } from "./context.ts";

/** Lines longer than this are hard to read, however wide the terminal. */
const WIDEST_TEXT = 120;
const NARROWEST = 40;
const USUAL = 80;

type Where = Pick<CliContext, "env" | "stdout">;

/** NO_COLOR wins (https://no-color.org), then FORCE_COLOR, then whether this is a terminal that knows colours. */
export function hasColour({ env, stdout }: Where): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "") return env.FORCE_COLOR !== "0";
  return stdout.isTTY === true && env.TERM !== "dumb";
}

/** Columns of the terminal, or those of COLUMNS; undefined where nothing says so. */
function columns({ env, stdout }: Where): number | undefined {
  const given = Number.parseInt(env.COLUMNS ?? "", 10);
  const real = stdout.isTTY === true ? stdout.columns : undefined;
  const found = real !== undefined && real > 0 ? real : given;
  return found > 0 ? Math.max(NARROWEST, found) : undefined;
}

/** For sentences: 80 columns where nothing says otherwise. */
export function textScreen(where: Where): Screen {
  return { width: Math.min(columns(where) ?? USUAL, WIDEST_TEXT), colour: hasColour(where) };
}

/** For tables: as wide as they are where nothing says otherwise, so that other programs can read them. */
export function tableScreen(where: Where): Screen {
  return { width: columns(where) ?? Number.POSITIVE_INFINITY, colour: hasColour(where) };
}

/** For what is a log elsewhere: wrapped on a terminal only. */
export function logScreen(where: Where): Screen {
  return where.stdout.isTTY === true
    ? textScreen(where)
    : { width: Number.POSITIVE_INFINITY, colour: hasColour(where) };
}
