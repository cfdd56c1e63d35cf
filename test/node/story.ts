/** What happens on the real nodes, and how it is judged. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Deployment } from "kubernetes-types/apps/v1";
import { pods } from "../../src/kube/resources.ts";
import type { Live, Resource } from "../../src/kube/types.ts";
import type { Remediation } from "../../src/operarius/remediation.ts";
import { agentName, isHealthy, readPods, setImage } from "../e2e/agent.ts";
import { operariusFolder } from "../e2e/chain.ts";
import { replaced } from "../e2e/episode.ts";
import { judge } from "../e2e/judge.ts";
import { lookUntil, untilPhase } from "../e2e/scene.ts";
import type { PodHistory } from "../scenarios/pod-history.ts";
import { keepPodHistory } from "../scenarios/pod-history.ts";
import type { PodView } from "../scenarios/pod-view.ts";
import { parseAudit } from "../support/audit.ts";
import { alertAbout } from "./alert.ts";
import type { NodeCluster } from "./cluster.ts";
import { complaints } from "./confinement.ts";
import type { Confinements } from "./confinements.ts";
import { watchConfinements } from "./confinements.ts";
import { agentImage } from "./images.ts";
import { installation, serverUser } from "./install.ts";
import { logComplaints } from "./job-log.ts";
import type { Sender } from "./pods.ts";
import { corruptCache, rolledOut } from "./pods.ts";

/** A DaemonSet in its namespace, to which things happen. */
export interface Scene {
  chain: NodeCluster;
  sender: Sender;
  namespace: string;
  history: PodHistory;
  confinements: Confinements;
  /** Records of earlier episodes: none, each DaemonSet has one episode. */
  known: ReadonlySet<string>;
  out: (line: string) => void;
}

/** Plays it while pods and processes are watched. */
export async function inScene(
  chain: NodeCluster,
  parts: Pick<Scene, "sender" | "namespace" | "out">,
  play: (scene: Scene) => Promise<void>,
): Promise<void> {
  const history = await keepPodHistory(chain.admin, parts.namespace);
  const confinements = await watchConfinements(chain.admin, installation);
  try {
    await play({ ...parts, chain, history, confinements, known: new Set() });
  } finally {
    history.stop();
    confinements.stop();
  }
}

/** The cache of one pod gets corrupt: it crashes until it is a new pod. */
export async function oneNodeCrashes(scene: Scene): Promise<void> {
  const { chain, namespace } = scene;
  const begun = Date.now();
  const before = await readPods(chain, namespace);
  const victim = before.find(({ node }) => node === "n2");
  if (victim === undefined) throw new Error("there is no pod on n2");
  await corruptCache(chain, namespace, victim.name);
  await lookUntil(scene, "a crash loop", async () =>
    (await readPods(chain, namespace)).some(({ waiting }) => waiting === "CrashLoopBackOff"),
  );
  await alert(scene);
  const record = await untilPhase(scene, ["Succeeded"]);
  await finish(scene, {
    begun,
    before,
    record,
    changed: [victim.node],
    writes: [`delete pod on ${victim.node}`],
    verdicts: ["recovered"],
    cause: "C04 ",
    fix: `kubectl delete pod ${victim.name} -n ${namespace}`,
  });
}

/** An image that no registry has: nothing happens before a person approves, then the DaemonSet is rolled back. */
export async function badImage(scene: Scene): Promise<void> {
  const { chain, namespace } = scene;
  const begun = Date.now();
  const before = await readPods(chain, namespace);
  await setImage(chain, namespace, `${chain.registry.name}/agent:2`);
  const victim = await lookUntil(scene, "a failing pull", async () =>
    (await readPods(chain, namespace)).find(({ waiting }) => waiting === "ImagePullBackOff"),
  );
  await alert(scene);
  const asked = await untilPhase(scene, ["AwaitingApproval"]);
  await approveAsTold(scene, asked);
  const record = await untilPhase(scene, ["Succeeded"]);
  await finish(scene, {
    begun,
    before,
    record,
    changed: [victim.node],
    writes: [`patch daemonset ${agentName} (rollback)`],
    verdicts: ["awaiting-approval", "recovered"],
    cause: "C01 ",
    fix: `kubectl rollout undo daemonset/${agentName} -n ${namespace} --to-revision=1`,
  });
}

/** By the very command that the last line of the Job's log is. */
async function approveAsTold({ chain }: Scene, { status }: Live<Remediation>): Promise<void> {
  const log = await logOf(chain, status?.attempts?.at(-1)?.jobName ?? "");
  await chain.shell(/^fix: (.+)$/.exec(log.trimEnd().split("\n").at(-1) ?? "")?.[1] ?? "false");
}

/** `kubectl logs job/...`. */
function logOf({ kubectl }: NodeCluster, job: string): Promise<string> {
  return kubectl(["logs", `job/${job}`, "-n", installation]);
}

/** To the server's ClusterIP, from a pod. */
async function alert({ chain, sender, namespace }: Scene): Promise<void> {
  const shipped = readFileSync(join(chain.root, operariusFolder, "test-alert.json"), "utf8");
  const path = "jsonpath={.spec.clusterIP}:{.spec.ports[0].port}";
  const address = await chain.kubectl(["get", "service", "operarius", "-n", installation, "-o", path]);
  await sender.post(`http://${address}/alerts`, alertAbout(shipped, { namespace, name: agentName }, new Date()));
}

interface Episode {
  /** In epoch milliseconds. */
  begun: number;
  before: readonly PodView[];
  record: Live<Remediation>;
  /** Nodes whose pod may be another one afterwards. */
  changed: readonly string[];
  /** What the Job's account may write, in the words of `wordsOf`. */
  writes: readonly string[];
  /** Of the attempts, but for those that found themselves on the failing node and left. */
  verdicts: readonly string[];
  /** With which the last two lines of a Job's log go on after "cause: " and "fix: ", where it asks for no approval. */
  cause: string;
  fix: string;
}

/** Rejects with everything that is not as it should be. */
async function finish(scene: Scene, episode: Episode): Promise<void> {
  const { begun, before, record, changed, writes, verdicts } = episode;
  const { chain, namespace, history, out } = scene;
  await rolledOut(chain, namespace);
  const after = await readPods(chain, namespace);
  const attempts = record.status?.attempts ?? [];
  const jobNames = attempts.map(({ jobName }) => jobName);
  const useful = attempts.filter(({ reason }) => reason !== "SelfNode").map(({ verdict }) => verdict);
  out(`    ${record.metadata.name}: ${record.status?.message}`);
  const events = parseAudit(readFileSync(chain.auditFile, "utf8")).filter(
    ({ requestReceivedTimestamp }) => Date.parse(requestReceivedTimestamp) >= begun,
  );
  const nodeOf = (where: string, pod: string) => (where === namespace ? history.find(pod)?.node : undefined);
  const judged = { events, serverUser, calmSince: begun, nodeOf };
  const problems = [
    ...(isHealthy(after, chain.nodes, agentImage) ? [] : [`the DaemonSet is not healthy: ${JSON.stringify(after)}`]),
    ...replaced(before, after, changed),
    ...judge(judged, { byJob: writes, jobs: attempts.length }),
    ...(JSON.stringify(useful) === JSON.stringify(verdicts)
      ? []
      : [`the attempts ended ${useful.join(", ")}, expected was ${verdicts.join(", ")}`]),
    ...(await confined(scene, jobNames)),
    ...(await logProblems(scene, episode)),
  ];
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

const deployments: Resource<Deployment> = {
  group: "apps",
  version: "v1",
  plural: "deployments",
  kind: "Deployment",
  namespaced: true,
};

/** The program of every Job and that of the server were seen, and all of them are confined as the manifests say. */
async function confined({ chain, confinements }: Scene, jobNames: readonly string[]): Promise<string[]> {
  const { items } = await chain.admin.list(pods, { namespace: installation });
  const ownedBy = (kind: string, name?: string): string[] =>
    items
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .filter(({ metadata }) =>
        metadata.ownerReferences?.some((owner) => owner.kind === kind && (name === undefined || owner.name === name)),
      )
      .map(({ metadata }) => metadata.name);
  const byJob = jobNames.map((name) => ownedBy("Job", name));
  const { spec } = await chain.admin.get(deployments, { namespace: installation, name: "operarius" });
  const servers = ownedBy("ReplicaSet");
  const isComplete = byJob.every((names) => names.length === 1) && servers.length === spec?.replicas;
  const expected = [...byJob, servers];
  return [
    ...(isComplete ? [] : [`the pods are not one of each Job and ${spec?.replicas} servers: ${expected.join("; ")}`]),
    ...expected.flat().flatMap((name) => {
      const processes = confinements.find(name);
      return processes === undefined ? [`no process of the pod ${name} was seen`] : processes.flatMap(complaints);
    }),
  ];
}

/** What a person reads in the log of every attempt. */
async function logProblems({ chain }: Scene, { record, cause, fix }: Episode): Promise<string[]> {
  const problems: string[] = [];
  const approve = `kubectl patch remediation ${record.metadata.name} -n ${installation} `;
  for (const { jobName, reason, verdict } of record.status?.attempts ?? []) {
    const log = await logOf(chain, jobName);
    const wanted = reason === "SelfNode" ? {} : { cause, fix: verdict === "awaiting-approval" ? approve : fix };
    problems.push(...logComplaints(log, wanted).map((words) => `the log of ${jobName} ${words}:\n${log}`));
  }
  return problems;
}
