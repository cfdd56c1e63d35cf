/**
 * Matchers in Alertmanager's syntax: `name="value"`, `!=`, `=~`, `!~` (pure).
 * Regular expressions are RE2's, run in linear time: a label value is foreign input, and JavaScript's own expressions
 * backtrack.
 */
import { RE2JS } from "re2js";

export interface Matcher {
  name: string;
  operator: "=" | "!=" | "=~" | "!~";
  value: string;
  /** As written in the Operarius. */
  source: string;
  /** Whether the label's value fits; "" stands for a label that is not there. */
  fits(value: string): boolean;
}

export type ReadMatchers = { kind: "matchers"; matchers: Matcher[] } | { kind: "error"; message: string };

/** No label is that long; comparing one would take its time from everybody else, so it fits no regular expression. */
const LONGEST_VALUE = 16_384;

const NAME = /^[^\s{}!=~,\\"'`]+/;
const OPERATOR = /^(?:=~|!~|!=|=)/;
const QUOTED = /^"((?:[^"\\]|\\.)*)"/s;
const UNQUOTED = /^[^,"{}]*/;
const SYNTAX = `write name="value", with one of = != =~ !~`;

/** A part of a text that is no matcher; caught in this file, never seen outside. */
class Unreadable extends Error {}

/**
 * The matchers in one text: one, or several with commas between them, which may stand in braces. `error` says what
 * cannot be read, and where. As in Alertmanager, regular expressions are anchored at both ends, and only `\"`, `\\` and
 * `\n` are escapes within quotes.
 */
export function readMatchers(text: string): ReadMatchers {
  try {
    return { kind: "matchers", matchers: parse(text) };
  } catch (error) {
    if (error instanceof Unreadable) return { kind: "error", message: error.message };
    throw error;
  }
}

function parse(text: string): Matcher[] {
  let rest = text.trim();
  const inBraces = rest.startsWith("{");
  if (inBraces !== rest.endsWith("}")) {
    throw new Unreadable(`${short(text)} has one brace without the other; put a value that has braces in quotes`);
  }
  if (inBraces) rest = rest.slice(1, -1).trim();
  const matchers: Matcher[] = [];
  for (;;) {
    const { matcher, after } = one(rest, text);
    matchers.push(matcher);
    if (after === "") return matchers;
    if (!after.startsWith(",")) throw new Unreadable(`${short(after)} is too much in ${short(text)}; ${SYNTAX}`);
    rest = after.slice(1).trim();
    // Alertmanager allows a comma after the last one.
    if (rest === "") return matchers;
  }
}

function one(text: string, whole: string): { matcher: Matcher; after: string } {
  const name = text.startsWith('"') ? quoted(text, whole) : bare(NAME.exec(text)?.[0] ?? "");
  if (name.text === "") throw new Unreadable(`${short(whole)} does not begin with the name of a label; ${SYNTAX}`);
  const behindName = text.slice(name.length).trimStart();
  const operator = OPERATOR.exec(behindName)?.[0] as Matcher["operator"] | undefined;
  if (operator === undefined) {
    throw new Unreadable(`there is no operator behind ${short(name.text)} in ${short(whole)}; ${SYNTAX}`);
  }
  const behindOperator = behindName.slice(operator.length).trimStart();
  const value = behindOperator.startsWith('"')
    ? quoted(behindOperator, whole)
    : bare(UNQUOTED.exec(behindOperator)?.[0] ?? "");
  const after = behindOperator.slice(value.length).trimStart();
  if (after !== "" && !after.startsWith(",")) {
    throw new Unreadable(`${short(after)} is too much in ${short(whole)}; put the value in quotes: ${SYNTAX}`);
  }
  const source = text.slice(0, text.length - after.length).trim();
  const fits = comparison(operator, value.text, source);
  return { matcher: { name: name.text, operator, value: value.text, source, fits }, after };
}

/** `length` counts what was read, quotes included. */
function quoted(text: string, whole: string): { text: string; length: number } {
  const found = QUOTED.exec(text);
  if (found === null) throw new Unreadable(`a quote is never closed in ${short(whole)}`);
  const value = (found[1] ?? "").replaceAll(/\\(["\\n])/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
  return { text: value, length: found[0].length };
}

function bare(text: string): { text: string; length: number } {
  const unescaped = text.trimEnd().replaceAll(/\\([\\n])/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
  return { text: unescaped, length: text.length };
}

function comparison(operator: Matcher["operator"], value: string, source: string): Matcher["fits"] {
  if (operator === "=") return (label) => label === value;
  if (operator === "!=") return (label) => label !== value;
  const expression = compile(value, source);
  const wanted = operator === "=~";
  return (label) => label.length <= LONGEST_VALUE && expression.testExact(label) === wanted;
}

function compile(value: string, source: string): RE2JS {
  try {
    return RE2JS.compile(value);
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^error parsing regexp: /, "") : String(error);
    throw new Unreadable(
      `the regular expression of ${short(source)} cannot be read: ${why.slice(0, 200)}; it is RE2, as in Prometheus: no lookaround, no backreferences`,
    );
  }
}

function short(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}
