/** A look at a big cluster stays within its bounds: few requests, bounded memory. */
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, inject, it } from "vitest";
import { tokenKubeconfig } from "../support/account.ts";
import { startBigCluster } from "../support/big-cluster.ts";
import { peakMemory } from "../support/peak-memory.ts";
import { startProgram } from "../support/program.ts";

const programEntry = inject("programEntry");
const NODES = 1500;
const SETS = 12;

it("18,000 pods on 1,500 nodes: one list of each kind, and memory for what is kept of them", async () => {
  const big = await startBigCluster({ nodes: NODES, daemonSets: SETS, brokenPods: 40 });
  const home = await mkdtemp(join(tmpdir(), "operarius-big-"));
  try {
    const kubeconfig = join(home, "kubeconfig");
    writeFileSync(kubeconfig, tokenKubeconfig({ url: big.url, caPem: "", user: "x", token: "x" }));
    const program = startProgram({
      entry: programEntry,
      args: ["diagnose", "-A", "--kubeconfig", kubeconfig],
      env: { HOME: home },
      killAfterMs: 280_000,
    });
    const peak = peakMemory(program.pid);
    const { code, stdout, stderr } = await program.ended;
    const megabytes = peak.stop();
    expect({ code, stderr }, stdout).toEqual({ code: 1, stderr: "" });
    expect(stdout).toMatch(/^1 of 12 DaemonSets in all namespaces is stuck\.$/m);
    expect(stdout).toMatch(/^kube-system +agent-11 +1460\/1500 +C01 ImageNotFound +no: ManagerUnknown/m);
    const counts = new Map<string, number>();
    for (const request of big.requests) counts.set(request, (counts.get(request) ?? 0) + 1);
    expect(Object.fromEntries(counts)).toEqual({
      "GET /api/v1/events": 2,
      "GET /api/v1/namespaces": 1,
      "GET /api/v1/namespaces/openfero": 1,
      "GET /api/v1/nodes": NODES / 500,
      "GET /api/v1/pods": (NODES * SETS) / 500,
      "GET /apis/apps/v1/controllerrevisions": 1,
      "GET /apis/apps/v1/daemonsets": 1,
      "GET /apis/coordination.k8s.io/v1/leases": 1,
    });
    // What it reads is several times this; kept whole, the pods alone would not fit.
    expect(big.bytes()).toBeGreaterThan(70e6);
    if (megabytes !== undefined) expect(megabytes).toBeLessThan(450);
  } finally {
    await big.stop();
    await rm(home, { recursive: true });
  }
});
