/** C20 quota · C21 admission webhook · C22 pod security · C23 missing ServiceAccount, PriorityClass or RuntimeClass. */
import type { CauseId, Finding } from "../../../engine/types.ts";
import type { AdmissionFacts } from "../facts.ts";
import type { Situation } from "../situation.ts";
import { asksForMore } from "./blame.ts";
import type { Cause } from "./cause.ts";
import { clause, quote } from "./trouble.ts";

interface Kind {
  cause: CauseId;
  reason: string;
  pattern: RegExp;
  /** Part of the template that can cause it. */
  part?: keyof AdmissionFacts;
  who: string;
}

/** Of two whose words appear, the one that speaks first: what a policy or a quota is called may name anything. */
const KINDS: readonly Kind[] = [
  {
    cause: "C21",
    reason: "AdmissionPolicy",
    pattern: /(Validating|Mutating)AdmissionPolicy '/,
    who: "the policy that the message names: correct it, or the template",
  },
  {
    cause: "C21",
    reason: "AdmissionWebhook",
    pattern: /admission webhook "[^"]*" denied/i,
    who: "the webhook works and refuses the pod: correct the template, or what the webhook demands",
  },
  {
    cause: "C21",
    reason: "AdmissionWebhook",
    pattern: /failed calling webhook|admission webhook "/i,
    who: "repair the admission webhook",
  },
  {
    // Before the accounts: OpenShift's refusal speaks of the service account that may not use a constraint.
    cause: "C22",
    reason: "PodSecurity",
    pattern: /violates PodSecurity|security context constraint|PodSecurityPolicy/i,
    part: "security",
    who: "the namespace's Pod Security level or the template",
  },
  {
    cause: "C23",
    reason: "ServiceAccountMissing",
    pattern: /service account|serviceaccount/i,
    part: "serviceAccount",
    who: "create the ServiceAccount or correct the template",
  },
  {
    cause: "C23",
    reason: "PriorityClassMissing",
    pattern: /priorityclass|insufficient quota to match these scopes/i,
    part: "priorityClass",
    who: "create the PriorityClass or correct the template",
  },
  {
    cause: "C23",
    reason: "RuntimeClassMissing",
    pattern: /runtimeclass/i,
    part: "runtimeClass",
    who: "create the RuntimeClass or correct the template",
  },
  {
    cause: "C20",
    reason: "QuotaExceeded",
    pattern: /(exceeded|failed) quota/i,
    part: "requests",
    who: "raise the ResourceQuota, or lower the template's requests",
  },
  {
    cause: "C20",
    reason: "LimitRangeViolated",
    pattern: /(maximum|minimum) \S+ usage per|max limit to request ratio per|LimitRange/i,
    part: "requests",
    who: "change the LimitRange, or the template's requests and limits",
  },
  {
    cause: "C21",
    reason: "AdmissionWebhook",
    pattern: /webhook|denied the request|context deadline exceeded/i,
    who: "repair the admission webhook",
  },
];

/** `pods "NAME" is forbidden: `: a name that says nothing about the refusal. */
const REFUSED = /pods "[^"]*" is forbidden: /;

/** The API server's own words for a webhook that refuses, or that does not answer. */
const WEBHOOK = /(?:failed calling webhook|admission webhook) "([^"]+)"/i;

function kindOf(message: string): Kind {
  const words = message.replace(REFUSED, "");
  const found = KINDS.map((kind) => ({ kind, at: words.search(kind.pattern) })).filter(({ at }) => at >= 0);
  return found.sort((a, b) => a.at - b.at)[0]?.kind ?? UNKNOWN;
}

/** The longest that the controller waits before it tries a refused creation again (FAILURES, C20). */
const RETRIED_MS = 16 * 60_000;

const UNKNOWN: Kind = {
  cause: "C42",
  reason: "CreationFailing",
  pattern: /./,
  who: "the controller's message names what refuses the pod",
};

/** The last words of the controller on creating pods: a failure that no success has followed. */
function lastFailure({
  observation: { events, daemonSet },
}: Situation): { message: string; lastAt: number } | undefined {
  const own = events.filter(({ about }) => about === `DaemonSet/${daemonSet.name}`);
  const failures = own.filter(({ reason }) => reason === "FailedCreate").sort((a, b) => b.lastAt - a.lastAt);
  const failure = failures[0];
  const success = Math.max(0, ...own.filter(({ reason }) => reason === "SuccessfulCreate").map(({ lastAt }) => lastAt));
  return failure && failure.lastAt >= success ? failure : undefined;
}

/** Since when the longest-waiting node has been without a pod, in milliseconds before now; 0 when none is. */
function podlessForMs({ podless, observation, at }: Situation): number {
  return Math.max(0, ...podless.map((node) => at - (observation.podlessSince[node] ?? at)));
}

/**
 * No node lacks its pod, yet the last attempt to create one failed: during a surge the old pods stay, and whatever was
 * deleted now would not come back. The controller tries again within 16 minutes; a pod made since proves that it can.
 */
function isLasting({ lastAt }: { lastAt: number }, { observation, at }: Situation): boolean {
  return at - lastAt < RETRIED_MS && observation.pods.every(({ createdAt }) => createdAt < lastAt);
}

/** A quota's own words for what it has too little of: "exceeded quota: few, requested: pods=1, used: pods=3, limited: pods=3". */
const EXCEEDED = /exceeded quota/i;
const REQUESTED = /requested: (.*?), used: /i;

/** The quota is one of a number of pods, which no template changes. */
function isOfNumber(message: string): boolean {
  const requested = REQUESTED.exec(message)?.[1]?.split(",") ?? [];
  return requested.length > 0 && requested.every((each) => /^(count\/)?pods=/.test(each.trim()));
}

/** The new template asks for what is refused: it differs there, and where a quota is exceeded it asks for more (C20). */
function isCausedByTemplate(kind: Kind, message: string, here: Situation): boolean {
  const { proven, observation } = here;
  if (kind.part === undefined || proven === undefined) return false;
  if (proven.admission[kind.part] === observation.daemonSet.template.admission[kind.part]) return false;
  return !EXCEEDED.test(message) || kind.part !== "requests" || (asksForMore(proven, here) && !isOfNumber(message));
}

/** Pods cannot be created: while this lasts no pod may be deleted, because it would not come back (FAILURES fact 9). */
export function creationFailing(here: Situation): (Finding & { templateCaused: boolean }) | undefined {
  const failure = lastFailure(here);
  if (here.podless.length === 0 && !(failure && isLasting(failure, here))) return undefined;
  if (!failure && podlessForMs(here) <= here.settings.controllerSlackMs) return undefined;
  const { daemonSet } = here.observation;
  const kind = kindOf(failure?.message ?? "");
  const where =
    here.podless.length === 0
      ? "any node"
      : `${here.podless.length === 1 ? "node" : "nodes"} ${here.podless.slice(0, 5).join(", ")}${here.podless.length > 5 ? ", …" : ""}`;
  const templateCaused = isCausedByTemplate(kind, failure?.message ?? "", here);
  const isSilent = !here.observation.unread.includes("events");
  const webhook = kind.cause === "C21" ? WEBHOOK.exec(failure?.message ?? "")?.[1] : undefined;
  return {
    cause: kind.cause,
    reason: kind.reason,
    message: failure
      ? `Pods cannot be created on ${where}: ${clause(failure.message)}${templateCaused ? " (the new template asks for it)" : ""}.`
      : `The controller creates no pod on ${where} ${isSilent ? "and says nothing about it" : "and the events that would say why cannot be read with these rights"}.`,
    evidence: failure ? [`FailedCreate: ${quote(failure.message)}`] : [`no pod on ${where}`],
    pods: [],
    nodes: here.podless,
    commands: [`kubectl describe ${here.ref} -n ${daemonSet.namespace}   # ${kind.who}`],
    templateCaused,
    ...(webhook === undefined ? {} : { root: `webhook/${webhook}` }),
  };
}

export const creationCauses: readonly Cause[] = [
  {
    id: "C20",
    title: "quota or limits refuse new pods",
    signature: `FailedCreate newer than the last success, with "exceeded quota" or a LimitRange's words, and a node without its pod.`,
    shownBy: "event FailedCreate on the DaemonSet",
    helps: {
      delete: "never: a deleted pod would not come back",
      restart: "never: healthy pods would not come back",
      rollback: "only if the new revision asks for more",
    },
    forbidden: "every deletion",
    person: ["kubectl describe daemonset/{daemonset} -n {namespace}   # {name}"],
    source: "plugin/pkg/admission/resourcequota; kubernetes#100683",
  },
  {
    id: "C21",
    title: "an admission webhook or policy refuses new pods",
    signature:
      'FailedCreate with "failed calling webhook", "denied the request" or the words of an admission policy of the API server.',
    shownBy: "event FailedCreate on the DaemonSet",
    helps: {
      delete: "never: a deleted pod would not come back",
      restart: "never: healthy pods would not come back",
      rollback: "no while the webhook is down; a person decides where it denies only the new template",
    },
    forbidden: "every deletion",
    person: ["kubectl describe daemonset/{daemonset} -n {namespace}   # {name}"],
    source: "kubernetes#92699, kubernetes#72155",
  },
  {
    id: "C22",
    title: "the namespace's pod security refuses new pods",
    signature: `FailedCreate with "violates PodSecurity". New fields of the template ask for it, or the namespace's level changed while the old pods run on.`,
    shownBy: "event FailedCreate; the namespace's labels",
    helps: {
      delete: "never: a deleted pod would not come back",
      restart: "never: healthy pods would not come back",
      rollback: "yes, if the new template asks for what is refused",
    },
    forbidden: "every deletion",
    person: ["kubectl describe daemonset/{daemonset} -n {namespace}   # {name}"],
    source: "pod-security-admission",
  },
  {
    id: "C23",
    title: "an account or class that pods need is missing",
    signature:
      "FailedCreate names a ServiceAccount, PriorityClass or RuntimeClass that is not there, or the scope of a priority quota.",
    shownBy: "event FailedCreate on the DaemonSet",
    helps: {
      delete: "never: a deleted pod would not come back",
      restart: "never: healthy pods would not come back",
      rollback: "yes, if the new template names it",
    },
    forbidden: "every deletion",
    person: ["kubectl describe daemonset/{daemonset} -n {namespace}   # {name}"],
    source: "plugin/pkg/admission/serviceaccount, priority, runtimeclass; odigos#1321",
  },
];
