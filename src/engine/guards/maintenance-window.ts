/**
 * Maintenance window: the annotation `operarius.openfero.io/writes-only-during` on the target, its namespace, or the
 * ConfigMap operarius-pause (for the whole installation) names the hours in which anything may be written. It is not called
 * a maintenance window because that word also means the hours in which nobody but people may write.
 *
 *   "Sat,Sun 22:00-04:00 Europe/Berlin; Mon-Fri 12:00-13:00"
 *
 * Days are those on which the hours begin, every day when left out; the zone is an IANA name, UTC when left out.
 */
import type { Guard } from "./guard.ts";
import { pass } from "./guard.ts";

/** On a DaemonSet, a Namespace, or the ConfigMap operarius-pause. */
export const WINDOW_ANNOTATION = "operarius.openfero.io/writes-only-during";

const DAYS: readonly string[] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const DAY = `(?:${DAYS.join("|")})`;
const ENTRY = new RegExp(
  `^(?:(${DAY}(?:-${DAY})?(?:,${DAY}(?:-${DAY})?)*) +)?(\\d{2}):(\\d{2})-(\\d{2}):(\\d{2})(?: +([A-Za-z][\\w+/-]*))?$`,
);

interface Window {
  /** Numbers of the days on which it begins, Sunday 0. */
  days: readonly number[];
  /** Minutes since midnight; the end may lie on the next day. */
  from: number;
  to: number;
  zone: string;
}

function daysOf(text: string | undefined): number[] {
  if (text === undefined) return DAYS.map((_, day) => day);
  return text.split(",").flatMap((part) => {
    const [first = "", last = first] = part.split("-");
    const start = DAYS.indexOf(first);
    const length = ((DAYS.indexOf(last) - start + 7) % 7) + 1;
    return Array.from({ length }, (_, offset) => (start + offset) % 7);
  });
}

function minutes(hour: string, minute: string): number | undefined {
  const total = Number(hour) * 60 + Number(minute);
  return Number(minute) < 60 && total <= 24 * 60 ? total : undefined;
}

function windowOf(entry: string): Window | undefined {
  const [matched, days, fromHour = "", fromMinute = "", toHour = "", toMinute = "", zone = "UTC"] =
    ENTRY.exec(entry.trim()) ?? [];
  const from = minutes(fromHour, fromMinute);
  const to = minutes(toHour, toMinute);
  if (matched === undefined || from === undefined || to === undefined || from === to || !isZone(zone)) return undefined;
  return { days: daysOf(days), from, to, zone };
}

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: zone }).format(0) !== "";
  } catch {
    return false;
  }
}

/** Day of the week and minute of the day, as the clocks of the zone show it. */
function localTime(at: number, zone: string): { day: number; minute: number } {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(at);
  const part = (type: string): string => parts.find((each) => each.type === type)?.value ?? "";
  return { day: DAYS.indexOf(part("weekday")), minute: Number(part("hour")) * 60 + Number(part("minute")) };
}

function isOpen({ days, from, to, zone }: Window, at: number): boolean {
  const { day, minute } = localTime(at, zone);
  const beganToday = days.includes(day) && minute >= from;
  const beganYesterday = days.includes((day + 6) % 7) && minute < to;
  return from < to ? beganToday && minute < to : beganToday || beganYesterday;
}

/** Why nothing may be written at this time, as one sentence; undefined when the annotations allow it. `where`: "target". */
export function closedSentence(
  where: string,
  annotations: Readonly<Record<string, string>>,
  at: number,
): string | undefined {
  const value = annotations[WINDOW_ANNOTATION];
  if (value === undefined) return undefined;
  const named = `The ${where}'s annotation ${WINDOW_ANNOTATION} is ${JSON.stringify(value)}`;
  const windows = value.split(";").map(windowOf);
  if (windows.includes(undefined))
    return `${named}, which is not readable (write it like "Sat,Sun 22:00-04:00 Europe/Berlin; Mon-Fri 12:00-13:00"); nothing is written until it is.`;
  return windows.some((window) => window && isOpen(window, at))
    ? undefined
    : `${named}; it is ${new Date(at).toISOString()}, so nothing is written now.`;
}

export const maintenanceWindow: Guard = {
  name: "MaintenanceWindow",
  judge({ facts, at }) {
    const message =
      closedSentence("target", facts.annotations, at) ??
      closedSentence("namespace", facts.namespaceAnnotations ?? {}, at);
    if (message) return { kind: "veto", reason: "OutsideMaintenanceWindow", message };
    return facts.namespaceAnnotations === undefined
      ? {
          kind: "not-evaluated",
          scope: "namespaces",
          message: "The namespace's annotations cannot be read with these rights.",
        }
      : pass;
  },
};
