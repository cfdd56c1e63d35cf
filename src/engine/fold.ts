/**
 * Folds lists of alike objects without losing anything (pure): thousands of healthy pods differ in a name, a uid and some
 * times, so each field is kept once as a column, and what all rows share is kept once.
 */

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** The rows of one field. How many they are is kept beside the outermost column. */
export type Column =
  /** Every row is this. */
  | { same: Json }
  /** Row by row. */
  | { values: Json[] }
  /** Whole numbers: the first, then each one's difference from the one before. */
  | { deltas: number[] }
  /** Objects with these members, in this order. */
  | { fields: [string, Column][] }
  /** Lists of this length. */
  | { items: Column[] }
  /** Rows of different shapes, each group with its row numbers. */
  | { groups: { rows: string; column: Column }[] };

/** A folded list. */
export interface Table {
  count: number;
  column: Column;
}

/** Beyond this a difference of two numbers need not be exact. */
const EXACT = 2 ** 51;
/** Most values that are unfolded from one table: a small text must not fill the memory. */
const MOST_VALUES = 20_000_000;
const MOST_ROWS = 1_000_000;

/** `unfold` gives back exactly these values, the order of members included. */
export function fold(values: readonly Json[]): Table {
  return { count: values.length, column: columnOf(values) };
}

function isObject(value: Json): value is { [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Values of one shape can share a column. */
function shapeOf(value: Json): string {
  if (Array.isArray(value)) return `[${value.length}`;
  return isObject(value) ? `{${JSON.stringify(Object.keys(value))}` : "";
}

function columnOf(values: readonly Json[]): Column {
  const [first = null] = values;
  const text = JSON.stringify(first);
  if (values.length > 0 && values.every((value) => JSON.stringify(value) === text)) return { same: first };
  const shapes = new Map<string, number[]>();
  for (const [row, value] of values.entries()) {
    const shape = shapeOf(value);
    const rows = shapes.get(shape);
    if (rows) rows.push(row);
    else shapes.set(shape, [row]);
  }
  if (shapes.size > 1) {
    const groups = [...shapes.values()].map((rows) => ({
      rows: rowsText(rows),
      column: columnOf(rows.map((row) => values[row] ?? null)),
    }));
    return { groups };
  }
  if (values.every(isObject)) {
    const fields = Object.keys(values[0] ?? {}).map((name): [string, Column] => [
      name,
      columnOf(values.map((value) => value[name] ?? null)),
    ]);
    return { fields };
  }
  if (values.every(Array.isArray)) {
    const lists: readonly Json[][] = values;
    return { items: (lists[0] ?? []).map((_, index) => columnOf(lists.map((list) => list[index] ?? null))) };
  }
  return { ...(deltasOf(values) ?? { values: [...values] }) };
}

function deltasOf(values: readonly Json[]): { deltas: number[] } | undefined {
  const isExact = (value: Json): value is number =>
    typeof value === "number" && Number.isInteger(value) && Math.abs(value) < EXACT;
  if (values.length === 0 || !values.every(isExact)) return undefined;
  return { deltas: values.map((value, index) => value - (values[index - 1] ?? 0)) };
}

/** Row numbers in their order as text: "0-4,9,7". */
export function rowsText(rows: readonly number[]): string {
  const runs: { from: number; to: number }[] = [];
  for (const row of rows) {
    const last = runs.at(-1);
    if (last && row === last.to + 1) last.to = row;
    else runs.push({ from: row, to: row });
  }
  return runs.map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`)).join(",");
}

/** The rows that `rowsText` wrote. Throws `RangeError` for any other text, and for rows that are not below `count`. */
export function rowsOf(text: string, count: number): number[] {
  if (text === "") return [];
  const rows: number[] = [];
  for (const run of text.split(",")) {
    const [, from = "", to = from] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(run) ?? [];
    if (from === "" || Number(to) >= count || Number(to) < Number(from))
      throw new RangeError(`${JSON.stringify(run.slice(0, 40))} names no rows of a list of ${count}`);
    if (rows.length + Number(to) - Number(from) > MOST_ROWS) throw new RangeError("a folded list has too many rows");
    for (let row = Number(from); row <= Number(to); row++) rows.push(row);
  }
  return rows;
}

/** The values that were folded. Throws `RangeError` when the table is not one that `fold` makes, or unfolds to too much. */
export function unfold({ count, column }: Table): Json[] {
  if (!Number.isInteger(count) || count < 0 || count > MOST_ROWS)
    throw new RangeError(`a folded list cannot have ${count} rows`);
  return rowsIn(column, count, { left: MOST_VALUES });
}

function rowsIn(column: Column, count: number, budget: { left: number }): Json[] {
  budget.left -= count + 1;
  if (budget.left < 0) throw new RangeError("a folded list unfolds to too much");
  if ("same" in column) return Array.from({ length: count }, () => column.same);
  if ("values" in column) return ofLength(column.values, count);
  if ("deltas" in column) {
    let sum = 0;
    return ofLength(column.deltas, count).map((delta) => (sum += delta));
  }
  if ("fields" in column) {
    const fields = column.fields.map(([name, rows]): [string, Json[]] => [name, rowsIn(rows, count, budget)]);
    return Array.from({ length: count }, (_, row) =>
      Object.fromEntries(fields.map(([name, rows]) => [name, rows[row] ?? null])),
    );
  }
  if ("items" in column) {
    const items = column.items.map((rows) => rowsIn(rows, count, budget));
    return Array.from({ length: count }, (_, row) => items.map((rows) => rows[row] ?? null));
  }
  const all: Json[] = Array.from({ length: count }, () => null);
  for (const group of column.groups) {
    const rows = rowsOf(group.rows, count);
    const values = rowsIn(group.column, rows.length, budget);
    for (const [index, row] of rows.entries()) all[row] = values[index] ?? null;
  }
  return all;
}

function ofLength<T>(rows: readonly T[], count: number): T[] {
  if (rows.length !== count) throw new RangeError(`a folded column has ${rows.length} rows where ${count} belong`);
  return [...rows];
}
