/** The record of one run: everything that was seen, concluded and written, as plain JSON (pure). */
import type { RecordedLook } from "./receipt-looks.ts";
import { foldLooks, plain } from "./receipt-looks.ts";
import type { Receipt, ReceiptLook } from "./receipt-schema.ts";
import { RECEIPT_SCHEMA } from "./receipt-schema.ts";
import type { Look, Outcome } from "./run-types.ts";
import type { NodeState, ObservationBase, Policies, Remedy, Settings, Target, Verdict } from "./types.ts";

/** What is known before the run begins. */
export interface ReceiptHead {
  version: string;
  remedy: string;
  /** "" and 0 without a server. */
  remediation: string;
  attempt: number;
  target: Target;
  alert: Readonly<Record<string, string>>;
  settings: Settings;
  policies: Policies;
  /** Milliseconds since the epoch. */
  startedAt: number;
}

/** What a run has come to so far; the verdict and the end are still missing while it goes on. */
export interface ReceiptBody<O extends ObservationBase> {
  outcome: Omit<Outcome<O>, "verdict"> & { verdict?: Verdict };
  finishedAt?: number;
  excerpts?: Receipt["excerpts"];
  next: readonly string[];
}

/** Most nodes that are listed with their pods; all of them are in the observations. */
const MOST_NODES = 500;
const MOST_COMMANDS = 3;

/** Versioned by `schema`. Times are ISO 8601 outside the observations. */
export function buildReceipt<O extends ObservationBase>(
  head: ReceiptHead,
  body: ReceiptBody<O>,
  remedy: Pick<Remedy<O>, "nodeStates">,
): Receipt {
  const { outcome, finishedAt, excerpts, next } = body;
  const recorded = looksOf(outcome);
  const { alert, startedAt, settings, ...rest } = head;
  return {
    schema: RECEIPT_SCHEMA,
    ...rest,
    ...(Object.keys(alert).length === 0 ? {} : { alert: { ...alert } }),
    startedAt: new Date(startedAt).toISOString(),
    ...(finishedAt === undefined ? {} : { finishedAt: new Date(finishedAt).toISOString() }),
    settings: { ...settings },
    policies: { ...head.policies },
    ...(outcome.verdict === undefined ? {} : { verdict: outcome.verdict }),
    ...foldLooks(recorded),
    intents: plain<unknown>(outcome.intents) as Receipt["intents"],
    writes: outcome.writes.map(({ at, step, unconfirmed, generation, look }) => ({
      at: new Date(at).toISOString(),
      look: Math.max(
        0,
        recorded.findIndex((each) => each.look === look),
      ),
      step: plain(step),
      ...(unconfirmed ? { unconfirmed } : {}),
      generation,
    })),
    nodes: nodesOf(outcome, remedy),
    ...(excerpts === undefined ? {} : { excerpts }),
    next: next.slice(0, MOST_COMMANDS),
  };
}

/** The looks that mattered, each once, in the order in which they were taken. */
function looksOf<O extends ObservationBase>(outcome: ReceiptBody<O>["outcome"]): RecordedLook<O>[] {
  const recorded: RecordedLook<O>[] = [];
  const add = (look: Look<O> | undefined, as: ReceiptLook["as"][number]): void => {
    if (look === undefined) return;
    const known = recorded.find((each) => each.look === look);
    if (!known) recorded.push({ look, as: [as] });
    else if (!known.as.includes(as)) known.as.push(as);
  };
  add(outcome.first, "first");
  for (const { look } of outcome.writes) add(look, "acted");
  add(outcome.last, "last");
  return recorded;
}

function nodesOf<O extends ObservationBase>(
  { first, last, writes }: ReceiptBody<O>["outcome"],
  remedy: Pick<Remedy<O>, "nodeStates">,
): Receipt["nodes"] {
  const states = (look: Look<O> | undefined): Map<string, NodeState> =>
    new Map(look === undefined ? [] : remedy.nodeStates(look.observation).map((state) => [state.node, state]));
  const [before, after] = [states(first), states(last)];
  const named = new Set([
    ...[first, last].flatMap((look) =>
      look === undefined || look.diagnosis.kind === "healthy"
        ? []
        : look.diagnosis.findings.flatMap(({ nodes }) => nodes),
    ),
    ...writes.flatMap(({ step }) => (step.kind === "delete-pod" ? [step.node] : [])),
  ]);
  const all = [...new Set([...before.keys(), ...after.keys()])].map((node) => ({
    node,
    before: [...(before.get(node)?.pods ?? [])],
    after: [...(after.get(node)?.pods ?? [])],
  }));
  const changed = all.filter(
    (each) => named.has(each.node) || JSON.stringify(each.before) !== JSON.stringify(each.after),
  );
  return {
    changed: changed.slice(0, MOST_NODES),
    more: Math.max(0, changed.length - MOST_NODES),
    unchanged: all.length - changed.length,
  };
}
