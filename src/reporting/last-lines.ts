/** The last two lines of every run: the cause, and the command that fixes it (pure). */
import { presentFinding } from "../engine/outcome.ts";
import type { Outcome } from "../engine/run-types.ts";
import type { Finding, ObservationBase, Step, Target } from "../engine/types.ts";

interface LastLinesInput<O extends ObservationBase> {
  outcome: Outcome<O>;
  finding: Finding | undefined;
  target: Target;
  /** Record to approve on; "" = none. */
  remediation: string;
  namespace: string;
}

/** What a person would have typed for the step. */
function command(step: Step, { namespace, name }: Target): string {
  switch (step.kind) {
    case "delete-pod":
      return `kubectl delete pod ${step.pod.name} -n ${namespace}${step.force ? " --grace-period=0 --force" : ""}`;
    case "restart":
      return `kubectl rollout restart daemonset/${name} -n ${namespace}`;
    case "rollback":
      return `kubectl rollout undo daemonset/${name} -n ${namespace} --to-revision=${step.revision.number}`;
    case "touch":
      return `kubectl annotate daemonset/${name} -n ${namespace} --overwrite operarius.openfero.io/touched-at=now`;
  }
}

/** Without their labels; `next` are the commands for a person besides the one in `fix`. */
export function lastLines<O extends ObservationBase>(
  input: LastLinesInput<O>,
): { cause: string; fix: string; next: readonly string[] } {
  const { outcome, finding, target, remediation, namespace } = input;
  const { verdict, writes } = outcome;
  const cause = finding ? `${finding.cause} ${finding.reason}: ${finding.message}` : verdict.message;
  const commands = (presentFinding(outcome) ?? finding)?.commands ?? [];
  if (verdict.kind === "recovered") {
    const done = writes.map(({ step }) => command(step, target)).join("; ");
    return { cause, next: [], fix: done ? `${done}   # done` : "nothing to do" };
  }
  if (verdict.reason === "ManagedByOthers" || verdict.reason === "ManagerUnknown") {
    // Our own command would be undone by the owner: what to change there is in the sentence.
    const look = `kubectl get daemonset/${target.name} -n ${target.namespace} -o yaml --show-managed-fields`;
    return { cause, next: [], fix: `${verdict.command ?? look}   # ${verdict.message}` };
  }
  if (verdict.reason === "TargetGone" || verdict.reason === "TargetReplaced")
    return { cause, next: [], fix: `kubectl get daemonsets -n ${target.namespace}   # ${verdict.message}` };
  // What a guard names comes before what the finding would have a person do.
  if (verdict.command) return { cause, next: commands, fix: `${verdict.command}   # ${verdict.reason}` };
  if (verdict.reason === "Interrupted") {
    return {
      cause,
      next: [],
      fix: `operarius heal daemonset ${target.name} -n ${target.namespace}   # goes on where this stopped`,
    };
  }
  if (verdict.kind === "awaiting-approval" && remediation !== "") {
    const patch = JSON.stringify({ spec: { approval: { decision: "approve", planDigest: verdict.planDigest } } });
    return {
      cause,
      next: commands,
      fix: `kubectl patch remediation ${remediation} -n ${namespace} --type merge -p '${patch}'`,
    };
  }
  return {
    cause,
    next: commands.slice(1),
    fix: commands[0] ?? `kubectl describe daemonset/${target.name} -n ${target.namespace}`,
  };
}
