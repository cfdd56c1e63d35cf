/** Registers the cases on one cluster: side by side what is independent, then in order what is not. */
import { afterAll, beforeAll, describe, it } from "vitest";
import type { Cluster } from "../support/cluster.ts";
import { startBench } from "./bench.ts";
import type { Bench } from "./case.ts";
import { cases } from "./cases/index.ts";

/** One test for each case of CONTRACT.md §2 and §3. */
export function compatibility(start: () => Promise<Cluster>, entry: string): void {
  const running: { bench: Bench; stop: () => Promise<void> }[] = [];
  beforeAll(async () => {
    running.push(await startBench(start, entry));
  });
  afterAll(async () => {
    for (const { stop } of running.splice(0)) await stop();
  });
  const bench = (): Bench => {
    const [started] = running;
    if (started === undefined) throw new Error("the servers did not start");
    return started.bench;
  };
  describe("side by side", () => {
    for (const { title, run } of cases.filter(({ inOrder }) => inOrder !== true))
      it.concurrent(title, ({ skip }) => run(bench(), skip));
  });
  describe("in order", () => {
    for (const { title, run } of cases.filter(({ inOrder }) => inOrder === true))
      it(title, ({ skip }) => run(bench(), skip));
  });
}
