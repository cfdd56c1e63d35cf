/** The runbook of the shipped operarius, word for word: real kubectl, the server, the alert over HTTP. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { pods } from "../../src/kube/resources.ts";
import type { Live } from "../../src/kube/types.ts";
import type { Remediation } from "../../src/operarius/remediation.ts";
import { remediations } from "../../src/operarius/remediation.ts";
import { withCluster } from "../scenarios/play.ts";
import type { PodView } from "../scenarios/pod-view.ts";
import { viewOf } from "../scenarios/pod-view.ts";
import { wordsOf, writesBy } from "../support/audit.ts";
import { healerUser } from "../support/cluster.ts";
import { kubectl, whyNoKubectl } from "../support/kubectl.ts";
import { operariusFolder } from "../support/operarius-folder.ts";
import { startSandboxCluster } from "../support/sandbox-cluster.ts";
import type { Server } from "../support/serve.ts";
import { startServe } from "../support/serve.ts";
import { until } from "../support/until.ts";

const programEntry = inject("programEntry");
const missing = whyNoKubectl();
const playground = withCluster(() => startSandboxCluster({ programEntry, manifests: [] }));
const runbook = readFileSync(join(operariusFolder, "README.md"), "utf8");
const alert = readFileSync(join(operariusFolder, "test-alert.json"), "utf8");
let server: Server | undefined;
let home = "";

beforeAll(async () => {
  if (missing !== undefined) return;
  const cluster = playground.cluster();
  home = cluster.scratch();
  server = await startServe({ entry: programEntry, kubeconfig: cluster.personKubeconfig, home });
});

afterAll(async () => {
  if (server !== undefined) expect(await server.stop()).toBe(0);
});

/** Runs one line of the runbook; a line that is not in it is a mistake of the test. */
async function type(line: string): Promise<string> {
  expect(runbook).toContain(line.replace(/ -w$/, ""));
  return kubectl(line, { kubeconfig: playground.cluster().personKubeconfig, home, cwd: operariusFolder });
}

/** Posts the alert as the runbook's curl does. */
async function post(): Promise<void> {
  if (server === undefined) throw new Error("the server did not start");
  expect(await server.post(alert)).toMatchObject({ code: 200 });
}

async function records(): Promise<Live<Remediation>[]> {
  return (await playground.cluster().person.list(remediations, { namespace: "openfero" })).items;
}

/** Resolves with the newest record once it is in that phase and is not one of `known`. */
async function untilPhase(phase: string, known: readonly string[] = []): Promise<Live<Remediation>> {
  let seen: unknown;
  return until(
    `a Remediation to be ${phase}`,
    async () => {
      const all = await records();
      seen = all.map(({ metadata, status }) => ({ name: metadata.name, status }));
      return all.find((one) => !known.includes(one.metadata.name) && one.status?.phase === phase);
    },
    { withinMs: 60_000, seen: () => [seen, server?.program.output().slice(-3000)] },
  );
}

async function ownPods(): Promise<PodView[]> {
  const { items } = await playground
    .cluster()
    .person.list(pods, { namespace: "kube-system", labelSelector: "app.kubernetes.io/name=test-daemonset" });
  return items.map(viewOf).sort((a, b) => (a.node < b.node ? -1 : 1));
}

async function untilWaiting(node: string | undefined, reason: RegExp): Promise<readonly PodView[]> {
  let seen: readonly PodView[] = [];
  return until(
    `a pod that waits for ${reason}`,
    async () => {
      seen = await ownPods();
      const found = seen.some((pod) => (node === undefined || pod.node === node) && reason.test(pod.waiting));
      return found && seen.length === 4 ? seen : undefined;
    },
    { seen: () => seen },
  );
}

/** What the Job's account has written so far, on nodes n1 to n4. */
async function writes(nodes: ReadonlyMap<string, string>): Promise<string[]> {
  const events = writesBy(healerUser, await playground.cluster().audit());
  return events.map((event) => wordsOf(event, (_namespace, pod) => nodes.get(pod)));
}

const seenOn = new Map<string, string>();
function remember(all: readonly PodView[]): readonly PodView[] {
  for (const { name, node } of all) seenOn.set(name, node);
  return all;
}

describe.skipIf(missing !== undefined)(missing === undefined ? "runbook" : `runbook (not run: ${missing})`, () => {
  it("installs, and declines what is stuck on purpose; twenty notifications are one Job", async () => {
    await type("kubectl apply -f rbac.yaml");
    await type("kubectl apply -f operarius.yaml");
    await type("kubectl apply -f test-daemonset.yaml");
    await untilWaiting(undefined, /ImagePullBackOff/);
    expect(runbook).toContain(
      'curl -X POST http://localhost:8080/alerts -H "Content-Type: application/json" -d @test-alert.json',
    );
    await Promise.all(Array.from({ length: 20 }, post));
    const { status } = await untilPhase("Declined");
    expect(status).toMatchObject({ phase: "Declined", attempts: [{ n: 1 }] });
    expect(await records()).toHaveLength(1);
    expect((await type("kubectl get jobs -n openfero")).trim().split("\n")).toHaveLength(2);
    expect(await type("kubectl get remediations -n openfero")).toMatch(/Declined/);
    expect(await type("kubectl get receipts -n openfero")).toMatch(
      /TARGET +VERDICT +CAUSE +AGE\n\S+-1 +test-daemonset +declined +C01 /,
    );
    const log = await type("kubectl logs -n openfero -l app.kubernetes.io/component=daemonset-rollout-fix --tail=-1");
    expect(log).toMatch(/^1\. Status[\s\S]*^5\. Wait for the result[\s\S]*^cause: C01 [\s\S]*^fix: /m);
    expect(await type("kubectl get operarius daemonset-rollout-fix -n openfero -o yaml")).toMatch(/executionCount: 1/);
    expect(await type("kubectl describe daemonset test-daemonset -n kube-system")).toMatch(/test-daemonset/);
    expect((await type("kubectl get nodes -o wide")).trim().split("\n")).toHaveLength(5);
    expect(await writes(seenOn)).toEqual([]);
  });

  it("repairs one node: one pod is deleted, the others keep their UIDs", async () => {
    const known = (await records()).map(({ metadata }) => metadata.name);
    await type(
      `kubectl patch operarius daemonset-rollout-fix -n openfero --type=merge -p '{"spec":{"deduplication":{"ttl":0}}}'`,
    );
    await type("kubectl set image daemonset/test-daemonset -n kube-system app=app:ok-1");
    await type("kubectl rollout status daemonset/test-daemonset -n kube-system");
    await type("kubectl annotate node n2 sandbox.operarius.openfero.io/faults=crashonce=app:ok-1");
    await type(
      "kubectl delete pod -n kube-system -l app.kubernetes.io/name=test-daemonset --field-selector spec.nodeName=n2",
    );
    const before = remember(await untilWaiting("n2", /CrashLoopBackOff/));
    await post();
    await untilPhase("Succeeded", known);
    expect(await writes(seenOn)).toEqual(["delete pod on n2"]);
    const after = remember(await ownPods());
    expect(after.every(({ ready }) => ready)).toBe(true);
    const others = (all: readonly PodView[]) => all.filter(({ node }) => node !== "n2").map(({ uid }) => uid);
    expect(others(after)).toEqual(others(before));
  });

  it("rolls a bad image back once a person has approved exactly this plan", async () => {
    const known = (await records()).map(({ metadata }) => metadata.name);
    await type("kubectl set image daemonset/test-daemonset -n kube-system app=app:bad-2");
    const before = remember(await untilWaiting(undefined, /ImagePullBackOff/));
    await post();
    await untilPhase("AwaitingApproval", known);
    const lines = runbook.split("\n");
    const from = lines.findIndex((line) => line.startsWith("REM="));
    const approve = lines.slice(from, from + 3).join("\n");
    expect(approve).toMatch(/kubectl patch -n openfero \$REM/);
    await type(approve);
    const { spec } = await untilPhase("Succeeded", known);
    expect(spec.approval).toMatchObject({ decision: "approve" });
    expect((await writes(seenOn)).slice(1)).toEqual(["patch daemonset test-daemonset (rollback)"]);
    const healthy = (all: readonly PodView[]) => all.filter(({ image }) => image === "app:ok-1").map(({ uid }) => uid);
    const after = await ownPods();
    expect(after.map(({ image, ready }) => ({ image, ready }))).toEqual(
      Array(4).fill({ image: "app:ok-1", ready: true }),
    );
    expect(healthy(after)).toEqual(expect.arrayContaining(healthy(before)));
  });

  it("its rollback section undoes by revision, and the test can be removed", async () => {
    const history = await type("kubectl rollout history daemonset/test-daemonset -n kube-system");
    const revision = /^(\d+)\s/m.exec(history)?.[1];
    expect(runbook).toContain("kubectl rollout undo daemonset/test-daemonset -n kube-system --to-revision=N");
    const undo = `kubectl rollout undo daemonset/test-daemonset -n kube-system --to-revision=${revision}`;
    const options = { kubeconfig: playground.cluster().personKubeconfig, home, cwd: operariusFolder };
    expect(await kubectl(undo, options)).toMatch(/rolled back/);
    await type("kubectl delete -f test-daemonset.yaml");
    await type("kubectl annotate node n2 sandbox.operarius.openfero.io/faults-");
    await type("kubectl apply -f operarius.yaml");
  });
});
