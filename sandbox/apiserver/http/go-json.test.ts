import { expect, test } from "vitest";
import { goJsonFault, goValue } from "./go-json.ts";

test.each(['{"a":[1,-2.5e+3,true,null,"\\u00e9\\n"]}', " [] ", "0", '""'])("%s is JSON", (text) => {
  expect(goJsonFault(text)).toBeUndefined();
});

test.each([
  ["", "unexpected end of JSON input"],
  ['{"a":1', "unexpected end of JSON input"],
  ["{bad", "invalid character 'b' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1]', "invalid character ']' after object key:value pair"],
  ["[1 2]", "invalid character '2' after array element"],
  ["{} x", "invalid character 'x' after top-level value"],
  ["nope", "invalid character 'o' in literal null (expecting 'u')"],
  ["bad", "invalid character 'b' looking for beginning of value"],
  ["1.x", "invalid character 'x' after decimal point in numeric literal"],
  ["1ex", "invalid character 'x' in exponent of numeric literal"],
  ["-x", "invalid character 'x' in numeric literal"],
  ['"\\x"', "invalid character 'x' in string escape code"],
  ['"\\u12x4"', "invalid character 'x' in \\u hexadecimal character escape"],
  ['"a\nb"', "invalid character '\\n' in string literal"],
])("%j is refused with %j", (text, words) => {
  expect(goJsonFault(text)).toBe(words);
});

test("a value as Go prints it", () => {
  expect(goValue({ b: [1, "x", null], a: { c: true } })).toBe("map[a:map[c:true] b:[1 x <nil>]]");
});
