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

/** Parses `a=b,c!=d,e in (f,g),h,!i`. Errors: 400 in the words of the real server. */
export function parseLabelSelector(text: string): LabelRequirement[] {
  const tokens = tokensOf(text);
  let at = 0;
  const shown = () => tokens[at] ?? "";
  const fail = (why: string) => badRequest(`unable to parse requirement: ${why}`);
  const key = (): string => {
    const token = tokens[at];
    if (!isWord(token)) throw fail(`found '${shown()}', expected: identifier`);
    const [fault] = keyFaults("", token);
    if (fault !== undefined) throw fail(`<nil>: ${fault.message}`);
    at += 1;
    return token;
  };
  const checked = (name: string, values: string[]): string[] => {
    for (const [index, value] of values.entries()) {
      const [fault] = labelsFaults("", { [name]: value });
      if (fault !== undefined) throw fail(`values[${index}][${name}]: ${fault.message}`);
    }
    return values;
  };
  const set = (): string[] => {
    if (tokens[at] !== "(") throw fail(`found '${shown()}' expected: '('`);
    at += 1;
    const values: string[] = [];
    for (; tokens[at] !== ")"; at += 1) {
      const token = tokens[at];
      if (isWord(token)) values.push(token);
      else if (token === ",") {
        if (!isWord(tokens[at - 1])) values.push("");
      } else throw fail(`found '${shown()}', expected: ',' or ')'`);
    }
    if (tokens[at - 1] === "," || tokens[at - 1] === "(") values.push("");
    at += 1;
    return values;
  };
  const one = (): LabelRequirement => {
    if (tokens[at] === "!") {
      at += 1;
      return { key: key(), operator: "absent", values: [] };
    }
    const name = key();
    const operator = tokens[at];
    if (operator === undefined || operator === ",") return { key: name, operator: "exists", values: [] };
    at += 1;
    if (operator === "in" || operator === "notin") return { key: name, operator, values: checked(name, set()) };
    const compares = operator === ">" || operator === "<";
    if (!compares && !["=", "==", "!="].includes(operator)) {
      at -= 1;
      throw fail(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
    }
    const value = tokens[at];
    if (value !== undefined && value !== "," && !isWord(value)) throw fail(`found '${value}', expected: identifier`);
    if (isWord(value)) at += 1;
    const values = [isWord(value) ? value : ""];
    if (compares) {
      if (!/^[+-]?\d+$/.test(values[0] ?? ""))
        throw fail(
          `values[0]: Invalid value: ${JSON.stringify(values[0])}: for 'Gt', 'Lt' operators, the value must be an integer`,
        );
      return { key: name, operator, values };
    }
    return { key: name, operator: operator === "!=" ? "notin" : "in", values: checked(name, values) };
  };
  const requirements: LabelRequirement[] = [];
  while (at < tokens.length) {
    requirements.push(one());
    if (at >= tokens.length) break;
    if (tokens[at] !== ",") throw badRequest(`found '${shown()}', expected: ',' or 'end of string'`);
    at += 1;
    if (at >= tokens.length) throw badRequest("found '', expected: identifier after ','");
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
