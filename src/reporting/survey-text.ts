/** The words of `operarius diagnose -A`: how many are stuck, one line each, and what could not be read (pure). */
import { diagnosisText, policyWords } from "./diagnosis-text.ts";
import type { Column, Screen } from "./layout.ts";
import { painter, table, wrapped } from "./layout.ts";
import type { PoliciesInForce, Standing, TargetLook } from "./look.ts";
import { age, causeWords, planWords, standingOf } from "./look.ts";

export interface SurveyText {
  looks: readonly TargetLook[];
  /** "in all namespaces", "in namespace kube-system". */
  where: string;
  policies: PoliciesInForce;
  pause: string;
  /** What these rights do not reach, with the API server's own words. */
  unread: readonly { what: string; message: string }[];
  details: boolean;
  at: number;
}

const COLUMNS: readonly Column[] = [
  { title: "NAMESPACE" },
  { title: "NAME" },
  { title: "RUN" },
  { title: "CAUSE", least: 8, good: 20 },
  { title: "PLAN", least: 8, good: 19 },
  { title: "OWNER", least: 12, optional: 2 },
  { title: "CHANGED", optional: 1 },
];

function sets(count: number): string {
  return count === 1 ? "1 DaemonSet" : `${count} DaemonSets`;
}

function are(count: number): string {
  return count === 1 ? "is" : "are";
}

/** How many stand how. */
export function countStandings(looks: readonly TargetLook[]): Readonly<Record<Standing, number>> {
  const counts = { stuck: 0, moving: 0, healthy: 0, unknown: 0 };
  for (const look of looks) counts[standingOf(look)] += 1;
  return counts;
}

/** "3 of 30 DaemonSets in all namespaces are stuck, 1 is still moving, 1 could not be judged." */
export function surveySentence(looks: readonly TargetLook[], where: string): string {
  const { stuck, moving, unknown } = countStandings(looks);
  if (looks.length === 0) return `There is no DaemonSet ${where}.`;
  const main =
    stuck === 0
      ? `None of ${sets(looks.length)} ${where} is stuck`
      : `${stuck} of ${sets(looks.length)} ${where} ${are(stuck)} stuck`;
  const more = [
    ...(moving > 0 ? [`${moving} ${are(moving)} still moving`] : []),
    ...(unknown > 0 ? [`${unknown} could not be judged`] : []),
  ];
  return `${[main, ...more].join(", ")}.`;
}

function running(look: TargetLook): string {
  if (look.kind === "failed") return "?";
  const counts = look.kind === "partly" ? look.counts : look.description.counts;
  return counts === undefined ? "?" : `${counts.available}/${counts.desired}`;
}

function row(look: TargetLook, at: number): string[] {
  const { namespace, name } = look.target;
  const known = look.kind !== "failed";
  const plan = look.kind === "judged" ? planWords(look.preview) : "not evaluated";
  const owner = known && look.owner !== "" ? look.owner : "-";
  const changed = known ? age(look.changedAt, at) : "";
  return [namespace, name, running(look), causeWords(look), plan, owner, changed === "" ? "-" : changed];
}

/** Lines for a person; ends with a newline. `screens` are one for sentences and one for the table. */
export function surveyText(text: SurveyText, screens: { text: Screen; table: Screen }): string {
  const { looks, where, at, details } = text;
  const paint = painter(screens.text);
  const shown = looks.filter((look) => ["stuck", "unknown"].includes(standingOf(look)));
  const tone = shown.length === 0 ? "good" : "bad";
  const lines = wrapped(surveySentence(looks, where), screens.text.width).map((line) => paint(tone, line));
  if (shown.length > 0) {
    const made = table(
      COLUMNS,
      shown.map((look) => row(look, at)),
      screens.table,
    );
    const [heading = "", ...rows] = made.lines;
    lines.push("", paint("strong", heading), ...rows);
    if (made.omitted.length > 0) lines.push(paint("quiet", `(no room for ${made.omitted.join(", ")})`));
  }
  lines.push(...notes(text, shown, screens.text));
  if (details) for (const look of shown) lines.push("", ...detail(look, text, screens.text));
  return `${lines.join("\n")}\n`;
}

function notes(
  { looks, pause, unread, policies, details }: SurveyText,
  shown: readonly TargetLook[],
  screen: Screen,
): string[] {
  const moving = looks
    .filter((look) => standingOf(look) === "moving")
    .map(({ target }) => `${target.namespace}/${target.name}`);
  const more = moving.length > 5 ? ` and ${moving.length - 5} more` : "";
  const first = shown[0]?.target;
  const said = [
    ...(moving.length > 0 ? [`Still moving: ${moving.slice(0, 5).join(", ")}${more}.`] : []),
    ...unread.map(
      ({ what, message }) =>
        `Not evaluated: ${what} cannot be read with these rights (${message}).${consequence(what)}`,
    ),
    ...(pause === "" ? [] : [`${pause}.`.replace(/\.\.$/, ".")]),
    ...legend(shown, details),
    ...(shown.length > 0 ? [`Policies: ${policyWords(policies.flags)} (${policies.source}).`] : []),
    ...(first && !details
      ? [`More: operarius diagnose daemonset ${first.name} -n ${first.namespace}; or all with --details.`]
      : []),
  ];
  return said.length === 0 ? [] : ["", ...said.flatMap((line) => wrapped(line, screen.width))];
}

/** What the first words in the column PLAN mean, of those that are there. */
function legend(shown: readonly TargetLook[], details: boolean): string[] {
  const words = shown.map((look) => (look.kind === "judged" ? planWords(look.preview) : ""));
  const meanings = [
    [/^ask:/, "ask: a person has to agree first."],
    [/^no:/, "no: something forbids it."],
    [/^a person$/, "a person: nothing is done automatically."],
  ] as const;
  const present = meanings
    .filter(([pattern]) => words.some((each) => pattern.test(each)))
    .map(([, meaning]) => meaning);
  return details || present.length === 0 ? [] : [present.join(" ")];
}

const CONSEQUENCES: Readonly<Record<string, string>> = {
  nodes: " No DaemonSet can be counted without them, so there is no cause and no plan, only what pods and status show.",
  pods: " No DaemonSet can be counted without them, so there is only what its status reports.",
  controllerrevisions: " Which revision a pod runs is not known without them, so there is no cause and no plan.",
  namespaces: " Whether a namespace switches the remedy off is not known.",
  events: " Why pods cannot be created or do not start may be missing.",
};

function consequence(what: string): string {
  return CONSEQUENCES[what] ?? "";
}

function detail(look: TargetLook, { policies, pause, at }: SurveyText, screen: Screen): string[] {
  const { namespace, name } = look.target;
  const rule = `--- ${namespace}/${name} `.padEnd(Math.min(screen.width, 80), "-");
  if (look.kind === "judged")
    return [rule, ...diagnosisText({ look, policies, pause, at }, screen).trimEnd().split("\n")];
  return [rule, ...wrapped(look.message, screen.width)];
}
