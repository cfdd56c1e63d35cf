import type { Alert, HookMessage } from "./alert.ts";

/** What a record may take of one alert, in characters; etcd refuses objects above about 1.5 MB, and JSON escapes. */
const MAX_SNAPSHOT = 200_000;
const CUT_TO = 1_000;
/** What is kept of one alert to look at; a hundred of them stay in memory. */
const MAX_SHOWN = 20_000;
const SHOWN_MEMBERS = 50;
const SHOWN_TEXT = 200;

type Shown = Pick<Alert, "labels" | "annotations" | "startsAt" | "endsAt">;

/**
 * The alert and its envelope, small enough to be recorded: where they are too large, long annotations are cut first and
 * say so. Labels are never cut, because they identify the target: undefined when it is they that are too large.
 */
export function snapshot(alert: Alert, hook: HookMessage): { alert: Alert; hook: HookMessage } | undefined {
  if (length(alert) + length(hook) <= MAX_SNAPSHOT) return { alert, hook };
  const cut = {
    alert: { ...alert, annotations: cutValues(alert.annotations, CUT_TO) },
    hook: { ...hook, commonAnnotations: cutValues(hook.commonAnnotations, CUT_TO) },
  };
  return length(cut.alert) + length(cut.hook) <= MAX_SNAPSHOT ? cut : undefined;
}

/** The alert to look at, small whatever was sent: beyond a size that no real alert has, all of it is cut. */
export function shown({ labels, annotations, startsAt, endsAt }: Alert): Shown {
  const alert: Shown = {
    labels,
    annotations,
    ...(startsAt === undefined ? {} : { startsAt }),
    ...(endsAt === undefined ? {} : { endsAt }),
  };
  if (length(alert) <= MAX_SHOWN) return alert;
  const few = (values: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(values)
        .slice(0, SHOWN_MEMBERS)
        .map(([name, value]) => [cut(name, SHOWN_TEXT), cut(value, SHOWN_TEXT)]),
    );
  const small = { labels: few(labels), annotations: few(annotations) };
  // A slice keeps the whole text it was taken from in memory; the copy does not.
  return JSON.parse(JSON.stringify(small)) as Shown;
}

/** Characters of all texts, without building any. */
function length(value: object): number {
  let sum = 0;
  for (const [name, member] of Object.entries(value) as [string, unknown][]) {
    sum += name.length;
    if (typeof member === "string") sum += member.length;
    else if (typeof member === "object" && member !== null) sum += length(member);
  }
  return sum;
}

function cutValues(values: Record<string, string>, limit: number): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, cut(value, limit)]));
}

function cut(value: string, limit: number): string {
  return value.length > limit ? `${value.slice(0, limit)} ... (cut)` : value;
}
