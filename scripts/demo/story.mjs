// The story of the demo, from an empty machine to a DaemonSet that was broken twice and is healthy.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAgent, describe, healthy, readPods, setImage, untilHealthy, untilWaiting } from "./agent.mjs";
import { freePort, start } from "./children.mjs";
import { openKube } from "./kube.mjs";
import { allowAnotherEpisode, approve, jobLog, newestJob, OPERARIUS, postAlert, untilPhase } from "./repair.mjs";
import { bad, good, heading, quote, say, until } from "./screen.mjs";

const NODES = ["n1", "n2", "n3", "n4"];
const FAULTS = "sandbox.operarius.openfero.io/faults";

/** Tells the story; resolves with the exit code. Everything it started is ended when it resolves. */
export async function tell({ root, approval, started }) {
  const directory = await mkdtemp(join(tmpdir(), "operarius-demo-"));
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort(new Error("interrupted"));
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  const world = { root, directory, signal: interrupted.signal, children: [], known: new Set() };
  try {
    await setUp(world);
    await oneNodeCrashes(world);
    const image = await badImage(world, approval);
    return await conclude(world, image, started);
  } catch (error) {
    if (world.signal.aborted) {
      bad("interrupted; everything the demo started is ended");
      return 130;
    }
    await explainFailure(world, error);
    return 1;
  } finally {
    world.kube?.close();
    await Promise.all(world.children.map((child) => child.stop()));
    await rm(directory, { recursive: true, force: true });
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}

async function setUp(world) {
  const program = join(world.root, "dist", "operarius.js");
  heading("1. A cluster on this machine");
  const kubeconfig = join(world.directory, "kubeconfig");
  const sandbox = start(program, ["sandbox", "up", "--nodes", String(NODES.length), "--kubeconfig", kubeconfig]);
  world.children.push(sandbox);
  await until({ what: "the sandbox", signal: world.signal, look: () => printed(sandbox, /^ready:/m, "starting") });
  world.kube = openKube(await readFile(kubeconfig, "utf8"));
  good(`embedded Kubernetes with the nodes ${NODES.join(", ")}: pods are simulated, Jobs of ours run for real`);

  heading("2. Operarius, with --pace fast");
  say("--pace fast: it waits seconds where it normally waits minutes. For demos and tests only.");
  const port = await freePort();
  world.server = `http://127.0.0.1:${port}`;
  const serve = ["serve", "--pace", "fast", "--kubeconfig", kubeconfig, "--addr", `127.0.0.1:${port}`];
  const server = start(program, serve);
  world.children.push(server);
  for (const file of ["rbac.yaml", "operarius.yaml"]) {
    await world.kube.createAll(await readFile(join(world.root, OPERARIUS, file), "utf8"));
    good(`applied ${file}`);
  }
  await allowAnotherEpisode(world.kube);
  say("its window of 10 minutes between two repairs of one target is set to 0: this story has two within a minute");
  await until({ what: "the server", signal: world.signal, look: () => isReady(world.server, server) });
  good(`the server is ready on ${world.server}`);

  heading("3. A DaemonSet, and a good rollout");
  await createAgent(world.kube, "app:ok-1");
  await untilHealthy(world.kube, NODES, "app:ok-1", world.signal);
  good("kube-system/agent runs app:ok-1 on 4 of 4 nodes");
  await setImage(world.kube, "app:ok-2");
  await untilHealthy(world.kube, NODES, "app:ok-2", world.signal);
  good("rolled out to app:ok-2, 4 of 4");
}

async function oneNodeCrashes(world) {
  heading("4. One node crashes");
  const { kube, signal } = world;
  await kube.merge("/api/v1/nodes/n4", { metadata: { annotations: { [FAULTS]: "crashonce=app:ok-2" } } });
  const victim = (await readPods(kube)).find(({ node }) => node === "n4");
  await kube.remove(`/api/v1/namespaces/kube-system/pods/${victim.name}`);
  const crashing = await untilWaiting(kube, ["CrashLoopBackOff"], signal);
  const before = await readPods(kube);
  bad(`the pod on n4 was replaced, and the new one (${crashing.name}) is in CrashLoopBackOff; the others are fine`);
  await postAlert(world.root, world.server);
  say("alert KubeDaemonSetRolloutStuck posted to /alerts, as Alertmanager would");
  const record = await untilPhase(kube, { known: world.known, phases: ["Succeeded"], signal });
  world.known.add(record.metadata.name);
  await showJob(world, record);
  const after = await untilHealthy(kube, NODES, "app:ok-2", signal);
  proveUntouched(before, after, ["n4"]);
  good("4 of 4 again: one pod deleted, the other three have the UIDs they had");
}

async function badImage(world, approval) {
  heading("5. A bad image");
  const { kube, signal } = world;
  const before = await readPods(kube);
  await setImage(kube, "app:bad-3");
  const stuck = await untilWaiting(kube, ["ErrImagePull", "ImagePullBackOff"], signal);
  bad(`app:bad-3 cannot be pulled: the rollout is stuck at ${stuck.node}`);
  await postAlert(world.root, world.server);
  say("alert posted again");
  const record = await untilPhase(kube, { known: world.known, phases: ["AwaitingApproval"], signal });
  await showJob(world, record);
  say(`A rollback changes the template, so a person decides. Remediation ${record.metadata.name} says:`);
  quote(`${record.status.message}\nplan ${record.status.planDigest}`);
  if (!(await approval("  Approve this plan? [y/N] "))) {
    say("Not approved: nothing is written, and the DaemonSet stays as it is.");
    return "app:bad-3";
  }
  await approve(kube, record);
  good("approval written to the Remediation; the next attempt may carry out exactly this plan");
  const done = await untilPhase(kube, { known: world.known, phases: ["Succeeded"], signal });
  await showJob(world, done);
  const after = await untilHealthy(kube, NODES, "app:ok-2", signal);
  proveUntouched(before, after, [stuck.node]);
  good(`rolled back: only ${stuck.node} got a new pod`);
  return "app:ok-2";
}

/** The last word is not the program's: the demo reads the pods once more and judges them itself. */
async function conclude(world, image, started) {
  heading("6. The demo's own count");
  const pods = await readPods(world.kube);
  for (const line of describe(pods)) say(line);
  const seconds = Math.round((Date.now() - started) / 1000);
  if (image === "app:ok-2" && healthy(pods, NODES, image)) {
    good(`healthy: 4 of 4 pods run ${image} and are Ready (${seconds} s)`);
    return 0;
  }
  bad(`not healthy: kube-system/agent is not 4 of 4 on app:ok-2 (${seconds} s)`);
  return 1;
}

async function showJob(world, record) {
  const job = record.status.attempts.at(-1).jobName;
  say(`Job openfero/${job} says:`);
  quote(await jobLog(world.kube, job));
}

function proveUntouched(before, after, replacedNodes) {
  const now = new Map(after.map((pod) => [pod.node, pod.uid]));
  for (const line of describe(after, before)) say(line);
  const changed = before.filter(({ node, uid }) => now.get(node) !== uid && !replacedNodes.includes(node));
  if (changed.length > 0) throw new Error(`healthy pods were replaced: ${changed.map(({ name }) => name).join(", ")}`);
}

async function explainFailure(world, error) {
  bad(error.message);
  for (const child of world.children) {
    say(`the end of the output of: operarius ${child.name}`);
    quote(child.output().split("\n").slice(-15).join("\n"));
  }
  if (world.kube === undefined) return;
  try {
    const job = await newestJob(world.kube);
    if (job === undefined) return;
    say(`the log of Job openfero/${job}:`);
    quote(await jobLog(world.kube, job));
  } catch (unreadable) {
    say(`the Job's log cannot be read: ${unreadable.message}`);
  }
}

function printed(child, pattern, progress) {
  if (pattern.test(child.output())) return { value: true };
  if (child.exited()) throw new Error(`it ended before it was ready: operarius ${child.name}`);
  return { progress };
}

async function isReady(server, child) {
  if (child.exited()) throw new Error(`it ended before it was ready: operarius ${child.name}`);
  try {
    const answer = await fetch(`${server}/readiness`);
    await answer.body?.cancel();
    return answer.ok ? { value: true } : { progress: "starting" };
  } catch {
    return { progress: "not listening yet" };
  }
}
