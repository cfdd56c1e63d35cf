/** The random part of generated names. */
import { randomInt } from "node:crypto";

const alphabet = "bcdfghjklmnpqrstvwxz2456789";

/** Five characters as the real server draws them: no vowels, no look-alikes. */
export function randomSuffix(): string {
  return Array.from({ length: 5 }, () => alphabet.charAt(randomInt(alphabet.length))).join("");
}
