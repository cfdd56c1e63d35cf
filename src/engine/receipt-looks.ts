/** Puts the looks of a run into a receipt and takes them out again, long lists folded and shared between looks (pure). */
import type { Json, Table } from "./fold.ts";
import { fold, rowsOf, rowsText, unfold } from "./fold.ts";
import type { Receipt, ReceiptLook } from "./receipt-schema.ts";
import type { Look } from "./run-types.ts";
import type { ObservationBase } from "./types.ts";

/** Shorter lists stay as they are, for a person to read. */
const LONG = 16;

/** Looks in the order in which they were taken; what each was to the run. */
export interface RecordedLook<O> {
  as: ReceiptLook["as"];
  look: Look<O>;
}

/** Plain JSON: what storage would make of it. */
export function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** The receipt's looks and tables. Pods that are the same at every look are kept once. */
export function foldLooks<O extends ObservationBase>(
  recorded: readonly RecordedLook<O>[],
): Pick<Receipt, "looks" | "tables"> {
  const pools = new Map<string, Map<string, number>>();
  const looks = recorded.map(({ as, look }): ReceiptLook => {
    const observation: Record<string, unknown> = {};
    const folded: Record<string, string> = {};
    for (const [name, value] of Object.entries(look.observation)) {
      if (Array.isArray(value) && value.length > LONG) folded[name] = pooled(pools, name, value);
      else if (value !== undefined) observation[name] = plain<unknown>(value);
    }
    const { diagnosis, plan, proposed, context, guards, known = [] } = look;
    return plain<unknown>({
      as,
      at: new Date(look.observation.at).toISOString(),
      observation,
      ...(Object.keys(folded).length === 0 ? {} : { folded }),
      known,
      diagnosis,
      ...(context === undefined ? {} : { context }),
      ...(plan === undefined ? {} : { plan }),
      ...(proposed === undefined || proposed === plan ? {} : { proposed }),
      ...(guards === undefined ? {} : { guards: guards.map(({ name, result }) => guardWords(name, result)) }),
    }) as ReceiptLook;
  });
  const tables: Record<string, Table> = {};
  for (const [name, pool] of pools) tables[name] = fold([...pool.keys()].map((text) => JSON.parse(text) as Json));
  return { looks, tables };
}

/** Guards differ in what they add to their results; a receipt keeps their words. */
function guardWords(name: string, given: object): NonNullable<ReceiptLook["guards"]>[number] {
  const { kind, reason, scope, message } = given as Record<string, unknown>;
  const words = Object.entries({ reason, scope, message }).filter(([, value]) => typeof value === "string");
  return { name, result: String(kind), ...(Object.fromEntries(words) as { message?: string }) };
}

function pooled(pools: Map<string, Map<string, number>>, name: string, list: readonly unknown[]): string {
  const pool = pools.get(name) ?? new Map<string, number>();
  pools.set(name, pool);
  const rows = list.map((item) => {
    const text = JSON.stringify(item) ?? "null";
    const known = pool.get(text);
    if (known !== undefined) return known;
    pool.set(text, pool.size);
    return pool.size - 1;
  });
  return rowsText(rows);
}

/** Every look's observation as it was, undefined where it was cut. Throws `RangeError` when the folding is not ours. */
export function unfoldLooks<O extends ObservationBase>({
  looks,
  tables,
}: Pick<Receipt, "looks" | "tables">): (O | undefined)[] {
  const lists = new Map(Object.entries(tables).map(([name, table]) => [name, unfold(table)]));
  return looks.map(({ observation, folded = {} }) => {
    if (observation === undefined) return undefined;
    const members = Object.entries(folded).map(([name, rows]): [string, unknown] => {
      const list = lists.get(name);
      if (list === undefined) throw new RangeError(`there is no table ${JSON.stringify(name.slice(0, 40))}`);
      return [name, rowsOf(rows, list.length).map((row) => list[row])];
    });
    return Object.fromEntries([...Object.entries(observation), ...members]) as unknown as O;
  });
}
