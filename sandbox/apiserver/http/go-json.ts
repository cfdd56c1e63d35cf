/** The words of Go's encoding/json for text that is not JSON, as users see them in answers of the real server. */

const escapes: Readonly<Record<string, string>> = { "'": "\\'", '"': '"', "\\": "\\\\" };

function quoted(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return `'${{ 9: "\\t", 10: "\\n", 13: "\\r" }[code] ?? `\\x${code.toString(16).padStart(2, "0")}`}'`;
  return `'${escapes[character] ?? character}'`;
}

class Fault extends Error {}

/** A reader of one JSON text that throws at the first fault. */
function reader(text: string) {
  let at = 0;
  const fail = (where: string): never => {
    const character = text[at];
    throw new Fault(
      character === undefined ? "unexpected end of JSON input" : `invalid character ${quoted(character)} ${where}`,
    );
  };
  const skip = () => {
    while (at < text.length && " \t\r\n".includes(text.charAt(at))) at += 1;
  };
  const literal = (word: string) => {
    for (const [index, letter] of [...word].entries()) {
      if (text[at] !== letter)
        fail(index === 0 ? "looking for beginning of value" : `in literal ${word} (expecting ${quoted(letter)})`);
      at += 1;
    }
  };
  const digits = (where: string) => {
    if (!/\d/.test(text[at] ?? "")) fail(where);
    while (/\d/.test(text[at] ?? "")) at += 1;
  };
  const number = () => {
    if (text[at] === "-") at += 1;
    if (text[at] === "0") at += 1;
    else digits("in numeric literal");
    if (text[at] === ".") {
      at += 1;
      digits("after decimal point in numeric literal");
    }
    if (text[at] === "e" || text[at] === "E") {
      at += 1;
      if (text[at] === "+" || text[at] === "-") at += 1;
      digits("in exponent of numeric literal");
    }
  };
  const string = () => {
    at += 1;
    for (; text[at] !== '"'; at += 1) {
      const character = text[at];
      if (character === undefined || character < " ") fail("in string literal");
      if (character !== "\\") continue;
      at += 1;
      if (text[at] === "u") {
        for (let index = 0; index < 4; index += 1) {
          at += 1;
          if (!/[0-9a-fA-F]/.test(text[at] ?? "")) fail("in \\u hexadecimal character escape");
        }
      } else if (!'"\\/bfnrt'.includes(text[at] ?? "?")) fail("in string escape code");
    }
    at += 1;
  };
  const members = (close: "}" | "]", one: () => void, after: string) => {
    at += 1;
    skip();
    if (text[at] === close) {
      at += 1;
      return;
    }
    for (;;) {
      one();
      skip();
      if (text[at] === close) break;
      if (text[at] !== ",") fail(after);
      at += 1;
      skip();
    }
    at += 1;
  };
  const pair = () => {
    if (text[at] !== '"') fail("looking for beginning of object key string");
    string();
    skip();
    if (text[at] !== ":") fail("after object key");
    at += 1;
    value();
  };
  function value(): void {
    skip();
    const first = text[at] ?? "";
    if (first === "{") members("}", pair, "after object key:value pair");
    else if (first === "[") members("]", value, "after array element");
    else if (first === '"') string();
    else if (first === "-" || /\d/.test(first)) number();
    else literal({ t: "true", f: "false", n: "null" }[first] ?? "true");
  }
  return () => {
    value();
    skip();
    if (at < text.length) fail("after top-level value");
  };
}

/** What is wrong with `text`, or undefined when it is JSON. */
export function goJsonFault(text: string): string | undefined {
  try {
    reader(text)();
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return error.message;
    throw error;
  }
}

/** A JSON value as Go's `%v` prints it: `map[a:1 b:[x y]]`. */
export function goValue(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goValue).join(" ")}]`;
  if (typeof value !== "object") return String(value);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, one]) => `${key}:${goValue(one)}`).join(" ")}]`;
}

/** What Go calls a JSON value that does not fit: object, array, string, number, bool. */
export function goKind(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}
