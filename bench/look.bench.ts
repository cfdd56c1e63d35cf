/** What a look at a big cluster costs: `operarius diagnose -A` over 5,000 nodes and 30 DaemonSets, 150,000 pods. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { tokenKubeconfig } from "../test/support/account.ts";
import { startBigCluster } from "../test/support/big-cluster.ts";
import { peakMemory } from "../test/support/peak-memory.ts";
import { startProgram } from "../test/support/program.ts";
import { median } from "./measure.ts";
import { report } from "./report.ts";

const entry = inject("programEntry");
const size = { nodes: 5000, daemonSets: 30, brokenPods: 40 };
const runs = 3;

it("looks at a big cluster", async () => {
  const big = await startBigCluster(size);
  const home = mkdtempSync(join(tmpdir(), "operarius-look-"));
  const kubeconfig = join(home, "kubeconfig");
  writeFileSync(kubeconfig, tokenKubeconfig({ url: big.url, caPem: "", user: "x", token: "x" }));
  const seconds: number[] = [];
  const megabytes: number[] = [];
  const requests: number[] = [];
  for (let run = 0; run < runs; run++) {
    const before = big.requests.length;
    const args = ["diagnose", "-A", "--kubeconfig", kubeconfig];
    const program = startProgram({ entry, args, env: { HOME: home }, killAfterMs: 200_000 });
    const peak = peakMemory(program.pid);
    const { code, stdout, stderr } = await program.ended;
    expect(code, `${stdout}${stderr}`).toBe(1);
    seconds.push((Date.now() - program.startedAt) / 1000);
    megabytes.push(peak.stop() ?? Number.NaN);
    requests.push(big.requests.length - before);
  }
  await big.stop();
  rmSync(home, { recursive: true });
  const row = (what: string, unit: string, values: readonly number[], target?: number) => ({
    what,
    unit,
    values,
    median: median(values),
    ...(target === undefined ? {} : { target }),
  });
  const text = report(
    "`operarius diagnose -A` on 5,000 nodes with 30 DaemonSets",
    [
      row("requests, pages included", "requests", requests, 330),
      row("peak resident memory", "MB", megabytes, 700),
      row("duration, the made-up API server on the same processors", "s", seconds),
    ],
    {
      at: new Date(),
      notes: [`What it reads is ${Math.round(big.bytes() / runs / 1e6)} MB of JSON, in pages of 500 objects.`],
    },
  );
  writeFileSync(join(import.meta.dirname, "results-look.md"), text);
  process.stdout.write(`\n${text}\n`);
});
