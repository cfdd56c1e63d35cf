/** The words of Go's encoding/json for text that is not JSON, as users see them in answers of the real server. */

const escapes: Readonly<Record<string, string>> = { "'": "\\'", '"': '"', "\\": "\\\\" };

function quoted(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return `'${{ 9: "\\t", 10: "\\n", 13: "\\r" }[code] ?? `\\x${code.toString(16).padStart(2, "0")}`}'`;
  return `'${escapes[character] ?? character}'`;
}

class Fault extends Error {}

/** Where reading has come to. */
interface Place {
  readonly text: string;
  at: number;
}

function fail({ text, at }: Place, where: string): never {
  const character = text[at];
  throw new Fault(
    character === undefined ? "unexpected end of JSON input" : `invalid character ${quoted(character)} ${where}`,
  );
}

function skipBlanks(place: Place): void {
  while (place.at < place.text.length && " \t\r\n".includes(place.text.charAt(place.at))) place.at += 1;
}

function readWord(place: Place, word: string): void {
  for (const [index, letter] of word.split("").entries()) {
    if (place.text[place.at] !== letter)
      fail(place, index === 0 ? "looking for beginning of value" : `in literal ${word} (expecting ${quoted(letter)})`);
    place.at += 1;
  }
}

function readDigits(place: Place, where: string): void {
  const isDigit = () => /\d/.test(place.text[place.at] ?? "");
  if (!isDigit()) fail(place, where);
  while (isDigit()) place.at += 1;
}

function readNumber(place: Place): void {
  const has = (characters: string) => characters.includes(place.text[place.at] ?? "none");
  if (has("-")) place.at += 1;
  if (has("0")) place.at += 1;
  else readDigits(place, "in numeric literal");
  if (has(".")) {
    place.at += 1;
    readDigits(place, "after decimal point in numeric literal");
  }
  if (!has("eE")) return;
  place.at += 1;
  if (has("+-")) place.at += 1;
  readDigits(place, "in exponent of numeric literal");
}

function readEscape(place: Place): void {
  place.at += 1;
  if (place.text[place.at] !== "u") {
    if (!'"\\/bfnrt'.includes(place.text[place.at] ?? "none")) fail(place, "in string escape code");
    return;
  }
  for (let index = 0; index < 4; index += 1) {
    place.at += 1;
    if (!/[0-9a-fA-F]/.test(place.text[place.at] ?? "")) fail(place, "in \\u hexadecimal character escape");
  }
}

function readString(place: Place): void {
  for (place.at += 1; place.text[place.at] !== '"'; place.at += 1) {
    const character = place.text[place.at];
    if (character === undefined || character < " ") fail(place, "in string literal");
    if (character === "\\") readEscape(place);
  }
  place.at += 1;
}

function readMembers(place: Place, close: "}" | "]", readOne: (place: Place) => void): void {
  const after = close === "}" ? "after object key:value pair" : "after array element";
  place.at += 1;
  skipBlanks(place);
  if (place.text[place.at] !== close) {
    readOne(place);
    for (skipBlanks(place); place.text[place.at] !== close; skipBlanks(place)) {
      if (place.text[place.at] !== ",") fail(place, after);
      place.at += 1;
      skipBlanks(place);
      readOne(place);
    }
  }
  place.at += 1;
}

function readPair(place: Place): void {
  if (place.text[place.at] !== '"') fail(place, "looking for beginning of object key string");
  readString(place);
  skipBlanks(place);
  if (place.text[place.at] !== ":") fail(place, "after object key");
  place.at += 1;
  readValue(place);
}

function readValue(place: Place): void {
  skipBlanks(place);
  const first = place.text[place.at] ?? "";
  if (first === "{") readMembers(place, "}", readPair);
  else if (first === "[") readMembers(place, "]", readValue);
  else if (first === '"') readString(place);
  else if (first === "-" || /\d/.test(first)) readNumber(place);
  else readWord(place, { t: "true", f: "false", n: "null" }[first] ?? "true");
}

/** What is wrong with `text`, or undefined when it is JSON. */
export function goJsonFault(text: string): string | undefined {
  const place = { text, at: 0 };
  try {
    readValue(place);
    skipBlanks(place);
    if (place.at < text.length) fail(place, "after top-level value");
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
  if (typeof value === "string") return value;
  if (typeof value !== "object") return JSON.stringify(value);
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, one]) => `${key}:${goValue(one)}`).join(" ")}]`;
}

/** What Go calls a JSON value that does not fit: object, array, string, number, bool. */
export function goKind(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}
