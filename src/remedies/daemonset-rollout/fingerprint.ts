/** What is compared to know whether anything has changed that matters (pure). */
import { digest } from "../../engine/digest.ts";
import type { Diagnosis, Finding, PlanMark } from "../../engine/types.ts";
import type { NodeFacts, Observation } from "./facts.ts";
import { slots } from "./recount.ts";

const LENGTH = 16;

/** Ways in which one and the same container shows that it keeps ending, depending on when it is looked at. */
const ENDING: ReadonlySet<string> = new Set(["CrashLoop", "Flapping", "OutOfMemory"]);
const CORDONED = "node.kubernetes.io/unschedulable";

/** A reason that does not change while a crashing container goes from one state to the next. */
function steady(reason: string): string {
  return ENDING.has(reason) ? "Crash" : reason;
}

function isOut({ ready, taints }: NodeFacts): boolean {
  return ready !== "True" || taints.some(({ key }) => key === CORDONED);
}

/** Over uid, generation, findings with their pods and nodes, nodes that are out, and the plan; 16 hex digits. */
export function fingerprint(observation: Observation, diagnosis: Diagnosis, plan: PlanMark | undefined): string {
  const { daemonSet, pods } = observation;
  const uids = new Map(pods.map(({ name, uid }) => [name, uid]));
  const marked = ({ cause, reason, pods: names, nodes }: Finding) => ({
    cause: ENDING.has(reason) ? "" : cause,
    reason: steady(reason),
    pods: names.map((name) => uids.get(name) ?? name).toSorted(),
    nodes: nodes.toSorted(),
  });
  const findings = diagnosis.kind === "healthy" ? [] : diagnosis.findings.map((finding) => digest(marked(finding)));
  const out = slots(observation)
    .slots.filter(({ node, shouldRun, pods: own }) => (shouldRun || own.length > 0) && isOut(node))
    .map(({ node }) => `${node.name}/${node.ready === "True"}`);
  // Where all is well, and nothing is to be done, it does not matter in which words.
  const isIdle = plan === undefined || plan.kind === "nothing";
  return digest(
    {
      uid: daemonSet.uid,
      generation: daemonSet.generation,
      findings: findings.toSorted(),
      out: out.toSorted(),
      healthy: diagnosis.kind === "healthy",
      plan: isIdle ? null : { kind: plan.kind, reason: steady(plan.reason), digest: plan.digest },
    },
    LENGTH,
  );
}
