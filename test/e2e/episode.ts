/** An episode from the fault to the resolved notification, judged when it is over. */
import { readFileSync } from "node:fs";
import type { Live } from "../../src/kube/types.ts";
import type { Remediation } from "../../src/operarius/remediation.ts";
import type { PodView } from "../scenarios/pod-view.ts";
import { parseAudit } from "../support/audit.ts";
import { agentName, readPods } from "./agent.ts";
import type { Judged } from "./judge.ts";
import { firstActionAt, firstJobAt, judge } from "./judge.ts";
import type { Scene } from "./scene.ts";
import { deliveryAt, laterLooks, lookUntil } from "./scene.ts";
import type { LogLine } from "./server.ts";
import { timelineOf } from "./timeline.ts";

/** What is known of it by then; times in epoch milliseconds. */
export interface Episode {
  begun: number;
  before: readonly PodView[];
  stuck: number;
  firing: number;
  received: number;
  approved?: number;
  healed: number;
  record: Live<Remediation>;
  /** Nodes whose pod may be another one afterwards. */
  changed: readonly string[];
  /** Since when the server has nothing to complain about, in epoch milliseconds. Default: since the beginning. */
  calmSince?: number;
  /** What the Job's account may write, in the words of `wordsOf`. */
  writes: readonly string[];
  /** Of the attempts, but for those that found themselves on a failing node and left. */
  verdicts: readonly string[];
}

/** Waits for the resolved notification and prints the timeline; rejects with everything that is not as it should be. */
export async function finish(scene: Scene, episode: Episode): Promise<void> {
  const { chain, namespace, history, out } = scene;
  const { begun, calmSince = begun, before, writes, verdicts, changed, record, ...moments } = episode;
  const resolved = await lookUntil(scene, "the resolved notification", () => deliveryAt(scene, "resolved", begun));
  const later = await laterLooks(scene, record);
  const judged: Judged = {
    events: parseAudit(readFileSync(chain.auditFile, "utf8")).filter(
      ({ requestReceivedTimestamp }) => Date.parse(requestReceivedTimestamp) >= begun,
    ),
    serverUser: chain.serverAccount.user,
    calmSince,
    nodeOf: (where, pod) => (where === namespace ? history.find(pod)?.node : undefined),
  };
  const job = firstJobAt(judged) ?? Number.NaN;
  const action = firstActionAt(judged) ?? Number.NaN;
  out(`    ${timelineOf({ ...moments, job, action, resolved })}`);
  const attempts = record.status?.attempts ?? [];
  const useful = attempts.filter(({ reason }) => reason !== "SelfNode").map(({ verdict }) => verdict);
  const elsewhere = attempts.length - useful.length;
  const moved = elsewhere === 0 ? "" : ` (${elsewhere} more began on the failing node and left the work to another)`;
  out(`    ${record.metadata.name}: ${record.status?.message}${moved}`);
  const looks = later.flatMap(({ status }) => status?.attempts ?? []);
  if (looks.length > 0) out(`    ${looks.length} more looked after a late delivery and found nothing to do`);
  const problems = [
    ...judge(judged, { byJob: writes, jobs: attempts.length + looks.length }),
    ...later
      .filter(({ status }) => status?.reason !== "NothingToDo")
      .map(
        ({ metadata, status }) =>
          `${metadata.name} came after the repair and ended ${status?.phase} (${status?.reason})`,
      ),
    ...(JSON.stringify(useful) === JSON.stringify(verdicts)
      ? []
      : [`the attempts ended ${useful.join(", ")}, expected was ${verdicts.join(", ")}`]),
    ...replaced(before, await readPods(chain, namespace), changed),
    ...complaints(scene, calmSince),
    ...(await wrongVariables(scene, record)),
  ];
  if (problems.length > 0) throw new Error(problems.join("\n"));
  for (const { metadata } of [record, ...later]) scene.known.add(metadata.name);
}

/** What the server logged as a warning or an error since then. */
function complaints({ server, variant }: Scene, since: number): string[] {
  const isExpected = ({ msg }: LogLine): boolean =>
    msg.startsWith("PACE FAST") ||
    // Its watches take their time after an outage: tries become rare, up to half a minute apart.
    (variant.outage === "the API server" && msg.startsWith("cannot list or watch"));
  return server
    .log()
    .filter((line) => line.level !== "info" && Date.parse(line.time) >= since && !isExpected(line))
    .map((line) => `the server logged ${JSON.stringify(line)}`);
}

/** Healthy pods keep their UIDs. */
export function replaced(before: readonly PodView[], after: readonly PodView[], changed: readonly string[]): string[] {
  const now = new Map(after.map(({ node, uid }) => [node, uid]));
  return before
    .filter(({ node, uid }) => !changed.includes(node) && now.get(node) !== uid)
    .map(({ node, name }) => `the healthy pod ${name} on ${node} was replaced`);
}

/** The Job is told the target's own place, whatever the exporter's labels are called. */
async function wrongVariables({ chain, namespace, variant }: Scene, record: Live<Remediation>): Promise<string[]> {
  const jobName = record.status?.attempts?.at(-1)?.jobName ?? "";
  const text = await chain.kubectl(["get", "job", jobName, "-n", "openfero", "-o", "json"]);
  const job = JSON.parse(text) as {
    spec: { template: { spec: { containers: { env: { name: string; value?: string }[] }[] } } };
  };
  const env = new Map(job.spec.template.spec.containers[0]?.env.map(({ name, value }) => [name, value]));
  const wanted = {
    OPENFERO_NAMESPACE: namespace,
    OPENFERO_DAEMONSET: agentName,
    OPENFERO_SEVERITY: "warning",
    OPENFERO_CLUSTER: variant.cluster,
  };
  return Object.entries(wanted)
    .filter(([name, value]) => env.get(name) !== value)
    .map(([name, value]) => `${jobName} has ${name}=${env.get(name)}, expected was ${value}`);
}
