/** Text for a screen of a given width (pure): wrapping by words, commands that can be copied, aligned columns, colours. */
import picocolors from "picocolors";

/** The place where text is shown. */
export interface Screen {
  /** Columns; Infinity where lines are never to be wrapped. */
  width: number;
  colour: boolean;
}

export type Tone = "good" | "bad" | "warn" | "strong" | "quiet" | "command";

/** Colours a text; without colours it returns it as it is. Colour never carries meaning alone. */
export function painter({ colour }: Pick<Screen, "colour">): (tone: Tone, text: string) => string {
  const colours = picocolors.createColors(colour);
  const paint: Readonly<Record<Tone, (text: string) => string>> = {
    good: colours.green,
    bad: (text) => colours.bold(colours.red(text)),
    warn: colours.yellow,
    strong: colours.bold,
    quiet: colours.dim,
    command: colours.cyan,
  };
  return (tone, text) => (text === "" ? text : paint[tone](text));
}

/** A command in a sentence: from its program's name to where the sentence goes on. */
const COMMAND = /\b(?:kubectl|operarius) [a-z](?:'[^']*'|"[^"]*"|[^;)'"])*/g;
/** Stands for a space that must not become the end of a line. */
const KEPT = "\u0000";

/** What others wrote may have line ends, tabs and control sequences; on a screen it is words of a sentence. */
export function plainText(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ").trim();
}

/**
 * The text in lines of at most `width` columns: the first begins with `indent`, the others with `hanging`. Words are
 * never broken, and neither are commands: one that is too long has a line for itself.
 */
export function wrapped(text: string, width: number, indent = "", hanging = indent): string[] {
  const clean = plainText(text);
  if (width === Number.POSITIVE_INFINITY) return [`${indent}${clean}`];
  const words = clean
    .replace(COMMAND, (command) => command.trimEnd().replaceAll(" ", KEPT) + (/\s$/.test(command) ? " " : ""))
    .split(/ +/);
  const lines: string[] = [];
  let line = indent;
  let isEmpty = true;
  for (const word of words) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = hanging;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line].map((each) => each.replaceAll(KEPT, " "));
}

/** A command and, above it, what its trailing comment says. Never wrapped: it is there to be copied. */
export function commandLines(text: string, width: number, indent: string): string[] {
  const [, command = "", comment] = /^(.*?)(?:\s+#\s+(.*))?$/s.exec(plainText(text)) ?? [];
  const whole = `${indent}${plainText(text)}`;
  if (comment === undefined || whole.length <= width) return [whole];
  return [...wrapped(`# ${comment}`, width, indent, `${indent}# `), `${indent}${command}`];
}

export interface Column {
  title: string;
  /** May be shortened to this many columns where the screen is narrow; absent = never shortened. */
  least?: number;
  /** Below this it is hard to understand: optional columns go first. Absent = `least`. */
  good?: number;
  /** Left out where even that is not enough; the highest goes first. 0 or absent = never. */
  optional?: number;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 2))}..`;
}

/** Between columns, as kubectl has it; narrower where room is scarce. */
const GAP = 3;
const NARROW_GAP = 2;

function total(widths: readonly number[], gap: number): number {
  return widths.reduce((sum, width) => sum + width, 0) + gap * Math.max(0, widths.length - 1);
}

/** Takes the columns' surplus over their `bound` from the widest first. */
function shrink(
  columns: readonly Column[],
  natural: readonly number[],
  { room, gap, bound }: { room: number; gap: number; bound: (column: Column) => number | undefined },
): number[] {
  const widths = [...natural];
  for (let over = total(widths, gap) - room; over > 0; over -= 1) {
    const candidates = columns.flatMap((column, index) => {
      const least = bound(column);
      return least !== undefined && (widths[index] ?? 0) > Math.max(least, column.title.length) ? [index] : [];
    });
    const widest = candidates.sort((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0))[0];
    if (widest === undefined) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** Aligned columns under their titles, one line a row. `omitted` names the columns that the screen has no room for. */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width }: Pick<Screen, "width">,
): { lines: string[]; omitted: string[] } {
  const clean = rows.map((row) => row.map(plainText));
  const natural = columns.map(({ title }, index) =>
    Math.max(title.length, ...clean.map((row) => (row[index] ?? "").length)),
  );
  const kept = columns.map((_, index) => index);
  const gap = total(natural, GAP) <= width ? GAP : NARROW_GAP;
  const widthsBy = (bound: (column: Column) => number | undefined): number[] =>
    shrink(
      kept.map((index) => columns[index] ?? { title: "" }),
      kept.map((index) => natural[index] ?? 0),
      { room: width, gap, bound },
    );
  const byOption = [...kept]
    .filter((index) => columns[index]?.optional)
    .sort((a, b) => rank(columns, b) - rank(columns, a));
  for (const index of byOption) {
    if (
      total(
        widthsBy(({ good, least }) => good ?? least),
        gap,
      ) <= width
    )
      break;
    kept.splice(kept.indexOf(index), 1);
  }
  const widths = widthsBy(({ least }) => least);
  const line = (cells: readonly string[]): string =>
    kept
      .map((index, position) => cut(cells[index] ?? "", widths[position] ?? 0).padEnd(widths[position] ?? 0))
      .join(" ".repeat(gap))
      .trimEnd();
  return {
    lines: [line(columns.map(({ title }) => title)), ...clean.map(line)],
    omitted: columns.filter((_, index) => !kept.includes(index)).map(({ title }) => title),
  };
}

function rank(columns: readonly Column[], index: number): number {
  return columns[index]?.optional ?? 0;
}
