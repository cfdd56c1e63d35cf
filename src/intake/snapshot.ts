import type { Alert, HookMessage } from "./alert.ts";

/** What a record may take of one alert, in characters of JSON; etcd refuses objects above about 1.5 MB. */
const MAX_SNAPSHOT = 200_000;
const CUT_TO = 1_000;

/**
 * The alert and its envelope, small enough to be recorded: where they are too large, long annotations are cut first and
 * say so. Labels are never cut, because they identify the target.
 */
export function snapshot(alert: Alert, hook: HookMessage): { alert: Alert; hook: HookMessage } {
  if (JSON.stringify([alert, hook]).length <= MAX_SNAPSHOT) return { alert, hook };
  return {
    alert: { ...alert, annotations: cutValues(alert.annotations) },
    hook: { ...hook, commonAnnotations: cutValues(hook.commonAnnotations) },
  };
}

function cutValues(values: Record<string, string>): Record<string, string> {
  const cut = (value: string) => (value.length > CUT_TO ? `${value.slice(0, CUT_TO)} ... (cut)` : value);
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, cut(value)]));
}
