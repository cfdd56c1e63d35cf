/** Label selectors of a query string, with the words of apimachinery's parser (pkg/labels/selector.go). */
import type { KubeObject } from "../object.ts";
import { badRequest } from "../status.ts";
import { keyFaults, labelsFaults } from "../validation/names.ts";

interface LabelRequirement {
  key: string;
  operator: "in" | "notin" | "exists" | "absent" | ">" | "<";
  values: string[];
}

/** Symbols stand for themselves, the end is "", everything else is a word. */
function tokensOf(text: string): string[] {
  const symbols = text.match(/[=!<>(),]|[^=!<>(),\s]+/g) ?? [];
  const tokens: string[] = [];
  for (const symbol of symbols) {
    const last = tokens.at(-1) ?? "";
    if (symbol === "=" && (last === "=" || last === "!")) tokens[tokens.length - 1] = `${last}=`;
    else tokens.push(symbol);
  }
  return tokens;
}

const isWord = (token: string | undefined): token is string => token !== undefined && !/^[=!<>(),]/.test(token);

/** Where reading has come to. */
interface Place {
  readonly tokens: readonly string[];
  at: number;
}

const shown = ({ tokens, at }: Place): string => tokens[at] ?? "";
const fault = (why: string): Error => badRequest(`unable to parse requirement: ${why}`);

function readKey(place: Place): string {
  const token = place.tokens[place.at];
  if (!isWord(token)) throw fault(`found '${shown(place)}', expected: identifier`);
  const [wrong] = keyFaults("", token);
  if (wrong !== undefined) throw fault(`<nil>: ${wrong.message}`);
  place.at += 1;
  return token;
}

function checked(key: string, values: string[]): string[] {
  for (const [index, value] of values.entries()) {
    const [wrong] = labelsFaults("", { [key]: value });
    if (wrong !== undefined) throw fault(`values[${index}][${key}]: ${wrong.message}`);
  }
  return values;
}

/** `(a, b)`; a value that is left out is the empty one. */
function readSet(place: Place): string[] {
  const { tokens } = place;
  if (tokens[place.at] !== "(") throw fault(`found '${shown(place)}' expected: '('`);
  const values: string[] = [];
  for (place.at += 1; tokens[place.at] !== ")"; place.at += 1) {
    const token = tokens[place.at];
    if (isWord(token)) values.push(token);
    else if (token !== ",") throw fault(`found '${shown(place)}', expected: ',' or ')'`);
    else if (!isWord(tokens[place.at - 1])) values.push("");
  }
  if (!isWord(tokens[place.at - 1])) values.push("");
  place.at += 1;
  return values;
}

function readValue(place: Place): string {
  const value = place.tokens[place.at];
  if (value === undefined || value === ",") return "";
  if (!isWord(value)) throw fault(`found '${shown(place)}', expected: identifier`);
  place.at += 1;
  return value;
}

function readRequirement(place: Place): LabelRequirement {
  if (shown(place) === "!") {
    place.at += 1;
    return { key: readKey(place), operator: "absent", values: [] };
  }
  const key = readKey(place);
  const operator = shown(place);
  if (operator === "" || operator === ",") return { key, operator: "exists", values: [] };
  if (!["in", "notin", "=", "==", "!=", ">", "<"].includes(operator))
    throw fault(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
  place.at += 1;
  if (operator === "in" || operator === "notin") return { key, operator, values: checked(key, readSet(place)) };
  const value = readValue(place);
  if (operator !== ">" && operator !== "<")
    return { key, operator: operator === "!=" ? "notin" : "in", values: checked(key, [value]) };
  if (/^[+-]?\d+$/.test(value)) return { key, operator, values: [value] };
  throw fault(
    `values[0]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
  );
}

/** Parses `a=b,c!=d,e in (f,g),h,!i`. Errors: 400 in the words of the real server. */
export function parseLabelSelector(text: string): LabelRequirement[] {
  const place = { tokens: tokensOf(text), at: 0 };
  const requirements: LabelRequirement[] = [];
  while (place.at < place.tokens.length) {
    requirements.push(readRequirement(place));
    if (place.at >= place.tokens.length) break;
    if (shown(place) !== ",") throw badRequest(`found '${shown(place)}', expected: ',' or 'end of string'`);
    place.at += 1;
    if (place.at >= place.tokens.length) throw badRequest("found '', expected: identifier after ','");
  }
  return requirements;
}

function meets(requirement: LabelRequirement, labels: Record<string, string>): boolean {
  const value = labels[requirement.key];
  switch (requirement.operator) {
    case "exists":
      return value !== undefined;
    case "absent":
      return value === undefined;
    case "in":
      return value !== undefined && requirement.values.includes(value);
    case ">":
      return Number(value) > Number(requirement.values[0]);
    case "<":
      return Number(value) < Number(requirement.values[0]);
    case "notin":
      return value === undefined || !requirement.values.includes(value);
  }
}

/** Errors: 400. */
export function labelMatcher(text: string): (object: KubeObject) => boolean {
  const requirements = parseLabelSelector(text);
  return (object) => requirements.every((one) => meets(one, object.metadata.labels ?? {}));
}
