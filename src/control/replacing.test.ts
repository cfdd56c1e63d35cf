import { expect, it } from "vitest";
import { replacing } from "./replacing.ts";

it.each<[string, unknown, unknown, unknown]>([
  ["nothing before", undefined, { a: 1 }, { a: 1 }],
  ["a member that is there no more", { a: 1, b: 2 }, { a: 3 }, { a: 3, b: null }],
  ["within a member", { a: { x: 1, y: 2 }, b: 1 }, { a: { x: 3 }, b: 1 }, { a: { x: 3, y: null }, b: 1 }],
  ["a list is taken as a whole", { a: [1, 2] }, { a: [3] }, { a: [3] }],
  ["a text in the place of an object", { a: { x: 1 } }, { a: "t" }, { a: "t" }],
  ["names that objects have", {}, { constructor: { a: 1 } }, { constructor: { a: 1 } }],
])("%s", (_, before, value, want) => expect(replacing(before, value)).toEqual(want));
