/** Diagnoses and plans the looks of a receipt again and compares (pure). Equal facts must give equal answers. */
import { canonicalJson } from "./digest.ts";
import { plain, unfoldLooks } from "./receipt-looks.ts";
import type { Receipt, ReceiptLook } from "./receipt-schema.ts";
import type { ObservationBase, PlanContext, Remedy, Settings } from "./types.ts";

/** One place in which the new answer is not the recorded one. */
export interface Difference {
  /** For example plan.steps.0.node. */
  path: string;
  /** As JSON, cut; "nothing" where there is none. */
  recorded: string;
  again: string;
}

export interface ReplayedLook {
  as: ReceiptLook["as"];
  at: string;
  /** Of the recorded diagnosis. */
  message: string;
  result:
    | { kind: "equal"; planned: boolean }
    | { kind: "differs"; differences: readonly Difference[] }
    /** Its observation was cut: it says nothing either way. */
    | { kind: "cut" };
}

export interface Replay {
  kind: "equal" | "differs" | "truncated";
  looks: readonly ReplayedLook[];
}

/** Most differences that are listed of one look. */
const MOST_DIFFERENCES = 10;
const MOST_SHOWN = 160;

/** Throws what the remedy throws at facts that are none; `RangeError` where the folding is not ours. */
export function replay<O extends ObservationBase>(
  receipt: Receipt,
  remedy: Pick<Remedy<O>, "diagnose" | "plan">,
): Replay {
  const observations = unfoldLooks<O>(receipt);
  const settings = receipt.settings as unknown as Settings;
  const looks = receipt.looks.map((look, index): ReplayedLook => {
    const { as, at, diagnosis } = look;
    const observation = observations[index];
    const result = observation === undefined ? ({ kind: "cut" } as const) : again(look, observation, settings, remedy);
    return { as, at, message: diagnosis.message, result };
  });
  const has = (kind: ReplayedLook["result"]["kind"]): boolean => looks.some(({ result }) => result.kind === kind);
  const isCut = receipt.truncated !== undefined || has("cut");
  return { kind: has("differs") ? "differs" : isCut ? "truncated" : "equal", looks };
}

function again<O extends ObservationBase>(
  look: ReceiptLook,
  observation: O,
  settings: Settings,
  remedy: Pick<Remedy<O>, "diagnose" | "plan">,
): ReplayedLook["result"] {
  const known = look.known as unknown as PlanContext["intents"];
  const diagnosis = remedy.diagnose(observation, { settings, intents: known });
  const context = look.context as unknown as Omit<PlanContext, "settings"> | undefined;
  // What the guards made of a plan does not follow from its facts alone.
  const plan = look.proposed ?? look.plan;
  const planned = plan !== undefined && context !== undefined;
  const recorded = { diagnosis: look.diagnosis, ...(planned ? { plan } : {}) };
  const now = {
    diagnosis,
    ...(planned ? { plan: remedy.plan(observation, diagnosis, { ...context, settings }) } : {}),
  };
  const differences: Difference[] = [];
  compare("", recorded, plain<unknown>(now), differences);
  return differences.length === 0 ? { kind: "equal", planned } : { kind: "differs", differences };
}

function compare(path: string, recorded: unknown, now: unknown, found: Difference[]): void {
  if (found.length >= MOST_DIFFERENCES || canonicalJson(recorded) === canonicalJson(now)) return;
  if (isComposite(recorded) && isComposite(now) && Array.isArray(recorded) === Array.isArray(now)) {
    const names = new Set([...Object.keys(recorded), ...Object.keys(now)]);
    for (const name of names)
      compare(path === "" ? name : `${path}.${name}`, memberOf(recorded, name), memberOf(now, name), found);
    return;
  }
  found.push({ path, recorded: shown(recorded), again: shown(now) });
}

function isComposite(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Own members only: a receipt may name anything. */
function memberOf(value: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(value, name)?.value as unknown;
}

function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN - 1)}…` : text;
}
