/** One DaemonSet that gets stuck twice, with one way for Alertmanager to prove who it is. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { tailOf } from "../../scripts/cluster/processes.ts";
import { pods } from "../../src/kube/resources.ts";
import { remediations } from "../../src/operarius/remediation.ts";
import type { PodHistory } from "../scenarios/pod-history.ts";
import { keepPodHistory } from "../scenarios/pod-history.ts";
import { agentName, crashOnce, createAgent, readPods, setImage, soundNode } from "./agent.ts";
import type { Chain } from "./chain.ts";
import { finish } from "./episode.ts";
import { shortened } from "./rules.ts";
import type { Scene, Variant } from "./scene.ts";
import { alertArrives, firingDeliveries, healthy, lookUntil, quiet, untilPhase } from "./scene.ts";
import type { RunningServer } from "./server.ts";
import { startServer } from "./server.ts";

const good = "app:ok-1";

/** For so long after its start the API server refuses what it will allow, and those who watch find their way back. */
const apiStartMs = 10_000;

/** Tells the story; rejects with what is not as it should be. */
export async function tell(
  chain: Chain,
  variant: Variant,
  options: { root: string; out: Scene["out"] },
): Promise<void> {
  const { root, out } = options;
  const { method, rule, honorLabels, cluster, node, repeats } = variant;
  const labels = honorLabels ? "honor_labels" : "exported_ labels";
  out(`\nauthentication ${method}, ${rule} rule, ${labels}, cluster label ${cluster ?? "absent"}; in seconds:`);
  const server = await startServer({
    entry: chain.programEntry,
    kubeconfig: chain.serverAccount.kubeconfig,
    method,
    flags: cluster === undefined ? [] : ["--clusterName", cluster],
    directory: chain.directory,
    note: (started) => chain.note(started),
  });
  const namespace = `agents-${method}`;
  let history: PodHistory | undefined;
  try {
    await refusesStrangers(server);
    const failedBefore = await chain.monitoring.failedRequests();
    await chain.monitoring.use({
      rules: shortened(readFileSync(join(root, `deploy/rules/kube-daemonset-rollout-stuck.${rule}.yaml`), "utf8"), {
        for: "5s",
        range: "4s",
      }),
      honorLabels,
      externalLabels: cluster === undefined ? {} : { cluster },
      webhook: {
        url: `${server.url}/alerts`,
        auth: server.auth,
        ...(repeats === true ? { repeatInterval: "3s" } : {}),
      },
    });
    await createAgent(chain, namespace, good);
    history = await keepPodHistory(chain.admin, namespace);
    const scene: Scene = { chain, server, namespace, variant, history, out, known: new Set() };
    await healthy(scene, good);
    await quiet(scene);
    await oneNodeCrashes(scene);
    await soundNode(chain, node);
    await quiet(scene);
    await badImage(scene);
    await noFurtherRecord(scene);
    const failed = (await chain.monitoring.failedRequests()) - failedBefore;
    if (failed > 0 && variant.outage === undefined)
      throw new Error(`${failed} requests of Alertmanager were not accepted`);
  } catch (error) {
    chain.signal.throwIfAborted();
    out(`the end of ${server.logFile}:\n${tailOf(server.logFile, 12)}`);
    out(await lastJobLog(chain).catch(() => "(no log of a Job)"));
    throw error;
  } finally {
    history?.stop();
    await server.stop();
  }
}

async function oneNodeCrashes(scene: Scene): Promise<void> {
  const { chain, server, namespace, variant, out } = scene;
  const away = variant.outage === undefined ? "" : `; ${variant.outage} is away until Alertmanager has tried in vain`;
  out(`  one node: the pod on ${variant.node} is replaced and crashes${away}`);
  const begun = Date.now();
  const before = await readPods(chain, namespace);
  if (variant.outage === "the server") await server.stop();
  await crashOnce(chain, namespace, variant.node, good);
  await lookUntil(scene, "a crash loop", async () =>
    (await readPods(chain, namespace)).some(({ waiting }) => waiting === "CrashLoopBackOff"),
  );
  const stuck = Date.now();
  let calmSince = begun;
  if (variant.outage === "the API server") await chain.api.stop();
  const { firing, received } = await alertArrives(scene, stuck, async () => {
    if (variant.outage === undefined) return;
    const failed = await chain.monitoring.failedRequests();
    await lookUntil(scene, "a vain attempt", async () => (await chain.monitoring.failedRequests()) > failed);
    if (variant.outage === "the server") return server.start();
    await chain.api.start();
    calmSince = Date.now() + apiStartMs;
  });
  const healed = healthy(scene, good);
  const record = await untilPhase(scene, ["Succeeded"]);
  await finish(scene, {
    begun,
    before,
    stuck,
    firing,
    received,
    record,
    healed: await healed,
    changed: [variant.node],
    calmSince,
    writes: [`delete pod on ${variant.node}`],
    verdicts: ["recovered"],
  });
}

async function badImage(scene: Scene): Promise<void> {
  const { chain, namespace, out } = scene;
  out("  a bad image: nobody can pull app:bad-2");
  const begun = Date.now();
  const before = await readPods(chain, namespace);
  await setImage(chain, namespace, "app:bad-2");
  const victim = await lookUntil(scene, "a failing pull", async () =>
    (await readPods(chain, namespace)).find(({ waiting }) => /ImagePull/.test(waiting)),
  );
  const stuck = Date.now();
  const { firing, received } = await alertArrives(scene, stuck);
  const asked = await untilPhase(scene, ["AwaitingApproval"]);
  if (scene.variant.repeats === true) {
    const before = firingDeliveries(scene);
    await lookUntil(scene, "Alertmanager to repeat itself", () => firingDeliveries(scene) > before + 1);
  }
  const approval = { decision: "approve", planDigest: asked.status?.planDigest, by: "e2e" };
  const { name } = asked.metadata;
  const patch = JSON.stringify({ spec: { approval } });
  await chain.kubectl(["patch", "remediation", name, "-n", "openfero", "--type=merge", "-p", patch]);
  const approved = Date.now();
  const healed = healthy(scene, good);
  const record = await untilPhase(scene, ["Succeeded"]);
  await finish(scene, {
    begun,
    before,
    stuck,
    firing,
    received,
    approved,
    record,
    healed: await healed,
    changed: [victim.node],
    writes: [`patch daemonset ${agentName} (rollback)`],
    verdicts: ["awaiting-approval", "recovered"],
  });
}

async function refusesStrangers({ url, auth }: RunningServer): Promise<void> {
  const answer = await fetch(`${url}/alerts`, { method: "POST", body: "{}" });
  await answer.body?.cancel();
  const expected = auth.method === "none" ? 400 : 401;
  if (answer.status !== expected) throw new Error(`POST /alerts by a stranger: ${answer.status}, not ${expected}`);
}

/** Two episodes and no third one, and nothing about the pods' own alerts. */
async function noFurtherRecord({ chain, namespace, known }: Scene): Promise<void> {
  const { items } = await chain.admin.list(remediations, { namespace: "openfero" });
  const ours = items.filter(({ spec }) => spec.target.namespace === namespace);
  const further = ours.filter(({ metadata }) => !known.has(metadata.name));
  if (further.length > 0)
    throw new Error(`there are further records: ${further.map(({ metadata }) => metadata.name).join(", ")}`);
}

async function lastJobLog({ admin }: Chain): Promise<string> {
  const { items } = await admin.list(pods, { namespace: "openfero" });
  const pod = items.toSorted((a, b) => a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp)).at(-1);
  if (pod === undefined) return "no Job has a pod";
  return `the log of ${pod.metadata.name}:\n${await admin.logs({ namespace: "openfero", name: pod.metadata.name })}`;
}
