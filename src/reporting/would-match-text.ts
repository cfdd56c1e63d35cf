/** What `would-match` says, for people and for programs (pure). */
import type { ExplainedOperarius } from "../operarius/explain-match.ts";
import type { ShownContainer, ShownVariable, WouldMatch } from "../operarius/would-match.ts";
import type { Screen } from "./layout.ts";
import { painter, plainText, wrapped } from "./layout.ts";

/** Operarii named one by one; the nearest come first. */
const MOST_OTHERS = 10;
/** Where the second column begins. */
const TAB = 14;

/** The whole answer as JSON. */
export function wouldMatchDocument(results: readonly WouldMatch[], rejected: readonly string[]): object {
  return { schema: "operarius.openfero.io/would-match/v1", alerts: results, unreadable: rejected };
}

/** The whole answer as text: a block for each alert, and how many would be answered. */
export function wouldMatchText(results: readonly WouldMatch[], rejected: readonly string[], screen: Screen): string {
  const total = results.length + rejected.length;
  const answered = results.filter(({ kind }) => kind === "answered").length;
  const blocks = results.map((result, index) => block(result, `alert ${index + 1} of ${total}`, screen));
  const broken = rejected.map((why) => entry("unreadable", why, screen));
  const sum = `${answered} of ${total} ${total === 1 ? "alert" : "alerts"} would be answered by a Job.`;
  return `${[...blocks, ...broken, [sum]].map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function block(result: WouldMatch, title: string, screen: Screen): string[] {
  const paint = painter(screen);
  const name = result.alertname === "" ? "without a name" : plainText(result.alertname);
  const mark = {
    answered: paint("good", "answered"),
    refused: paint("bad", "refused"),
    unmatched: paint("warn", "not answered"),
  };
  return [
    `${title}: ${paint("strong", name)}, ${result.status}: ${mark[result.kind]}`,
    ...answer(result, screen),
    ...miss(result, screen),
    ...others(result, screen),
  ];
}

function answer({ operarius, target, job }: WouldMatch, screen: Screen): string[] {
  const lines: string[] = [];
  if (target !== undefined) {
    const { kind, namespace, name, cluster, from } = target;
    const where = cluster === "" ? "" : ` in cluster ${cluster}`;
    lines.push(
      ...entry("target", `${kind} ${namespace === "" ? "" : `${namespace}/`}${name}${where}, from ${from}`, screen),
    );
  }
  if (operarius !== undefined) {
    const { name, namespace, priority } = operarius;
    lines.push(...entry("Operarius", `${name} in namespace ${namespace}, priority ${priority}`, screen));
  }
  if (job !== undefined) {
    const name = job.name.replace(/-1-1$/, "-EPISODE-ATTEMPT");
    lines.push(...entry("Job", `${name} in namespace ${job.namespace}; the first is ${job.name}`, screen));
    const labels = ofAll(job.containers);
    lines.push(...variables("variables", labels, screen));
    const names = new Set(labels.map(({ name: label }) => label));
    for (const each of job.containers) {
      lines.push(...container({ ...each, env: each.env.filter((own) => !names.has(own.name)) }, screen));
    }
  }
  return lines;
}

/** The variables that every container has, with the same value: the alert's labels. */
function ofAll([first, ...rest]: readonly ShownContainer[]): ShownVariable[] {
  const has = ({ env }: ShownContainer, wanted: ShownVariable) =>
    env.some(({ name, value, from }) => name === wanted.name && value === wanted.value && from === wanted.from);
  const isLabel = ({ name }: ShownVariable) => name.startsWith("OPENFERO_");
  return (first?.env ?? []).filter((each) => isLabel(each) && rest.every((other) => has(other, each)));
}

function variables(label: string, env: readonly ShownVariable[], screen: Screen): string[] {
  return env.flatMap((each, index) => entry(index === 0 ? label : "", variable(each), screen));
}

function container({ name, isInit, image, command, args, env }: ShownContainer, screen: Screen): string[] {
  return [
    ...entry(isInit ? "init" : "container", image === "" ? name : `${name}, image ${image}`, screen),
    ...(command.length > 0 ? entry("  command", command.map(word).join(" "), screen) : []),
    ...(args.length > 0 ? entry("  args", args.map(word).join(" "), screen) : []),
    ...variables("  env", env, screen),
  ];
}

function variable({ name, value = "", from }: ShownVariable): string {
  return from === undefined ? `${name}=${word(value)}` : `${name} from ${from}`;
}

/** Quoted where a reader could not tell where it ends. */
function word(text: string): string {
  return text === "" || /[^\w@%+=:,./{}$()-]/.test(text) ? JSON.stringify(text) : text;
}

function miss({ refused, unmatched, kind, status }: WouldMatch, screen: Screen): string[] {
  const lines: string[] = [];
  if (refused !== undefined) lines.push(...entry("why", `${refused.message} (${refused.reason})`, screen));
  if (unmatched !== undefined) {
    // The nearest miss has a line of its own.
    const message = unmatched.reason === "ConditionsNotMet" ? "No Operarius for this alert fits." : unmatched.message;
    lines.push(...entry("why", `${message} (${unmatched.reason})`, screen));
    const { nearest } = unmatched;
    if (nearest !== undefined) lines.push(...entry("nearest", `${nearest.operarius}: ${nearest.why}`, screen));
  }
  if (kind === "unmatched" && status === "resolved") {
    lines.push(
      ...entry("note", "that it is resolved is noted on the remediation that it opened, if there is one", screen),
    );
  }
  return lines;
}

function others({ others: all, unmatched }: WouldMatch, screen: Screen): string[] {
  const named = all.filter(({ name }) => name !== unmatched?.nearest?.operarius);
  const lines = named
    .slice(0, MOST_OTHERS)
    .flatMap((each, index) => entry(index === 0 ? "others" : "", why(each), screen));
  const more = named.length - MOST_OTHERS;
  return more > 0 ? [...lines, ...entry("", `and ${more} more`, screen)] : lines;
}

function why({ name, kind, failing }: ExplainedOperarius): string {
  if (kind === "outranked") return `${name}: fits, but the other one goes first (priority, then name)`;
  // What is meant for another alert needs no more words.
  const [first] = failing;
  const told = first?.reason === "OtherAlertName" ? [first] : failing;
  return `${name}: ${told.map(({ message }) => message).join("; ")}`;
}

function entry(label: string, text: string, { width }: Screen): string[] {
  return wrapped(text, width, `  ${label.padEnd(TAB - 2)}`, " ".repeat(TAB));
}
