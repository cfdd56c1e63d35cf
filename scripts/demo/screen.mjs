// What the demo shows: headings, sentences, and one line of progress that is rewritten on a terminal.
import { setTimeout as sleep } from "node:timers/promises";
import pc from "picocolors";

const live = process.stdout.isTTY === true;

export function heading(text) {
  console.log(`\n${pc.bold(pc.cyan(text))}`);
}

export function say(text) {
  console.log(`  ${text}`);
}

export function good(text) {
  console.log(`  ${pc.green("✓")} ${text}`);
}

export function bad(text) {
  console.log(`  ${pc.red("✗")} ${text}`);
}

/** Somebody else's words, set apart from the demo's own. */
export function quote(text) {
  for (const line of text.trimEnd().split("\n")) console.log(pc.dim(`    │ ${line}`));
}

/**
 * Looks every quarter of a second until `look` returns a `value`; shows its `progress` meanwhile.
 * Rejects, naming what was waited for and the last progress, after `withinMs`, or when the signal aborts.
 */
export async function until({ what, look, withinMs = 40_000, signal }) {
  const started = Date.now();
  let shown = "";
  for (;;) {
    const { value, progress } = await look();
    if (value !== undefined) {
      if (live) process.stdout.write("\r\x1b[K");
      return value;
    }
    const waited = Date.now() - started;
    if (live) process.stdout.write(`\r\x1b[K  … ${what}: ${progress} (${Math.round(waited / 1000)} s)`);
    else if (progress !== shown) console.log(`  … ${what}: ${progress}`);
    shown = progress;
    if (waited > withinMs) {
      if (live) process.stdout.write("\n");
      throw new Error(`waited ${Math.round(withinMs / 1000)} s for ${what}; last seen: ${progress}`);
    }
    await sleep(250, undefined, { signal });
  }
}
