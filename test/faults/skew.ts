/** A program whose wall clock is wrong. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ServeOptions } from "../support/serve.ts";

const preload = join(dirname(fileURLToPath(import.meta.url)), "skew.mjs");

/** What to start it with, so that its clock is so many milliseconds ahead; negative = behind. */
export function skewedBy(ms: number): Pick<ServeOptions, "nodeFlags" | "env"> {
  return { nodeFlags: ["--import", preload], env: { OPERARIUS_TEST_SKEW_MS: String(ms) } };
}
