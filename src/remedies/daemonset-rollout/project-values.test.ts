import { expect, it } from "vitest";
import { bytes, milli } from "./project-values.ts";

it.each<[string | number | undefined, number]>([
  ["100m", 100],
  ["2", 2000],
  [1, 1000],
  ["0.5", 500],
  [undefined, 0],
  ["much", 0],
])("%s of CPU is %i thousandths", (text, want) => expect(milli(text)).toBe(want));

it.each<[string | number | undefined, number]>([
  ["128Mi", 2 ** 27],
  ["1G", 1e9],
  ["512", 512],
  ["1e3", 1000],
  ["5Q", 0],
])("%s of memory is %i bytes", (text, want) => expect(bytes(text)).toBe(want));
