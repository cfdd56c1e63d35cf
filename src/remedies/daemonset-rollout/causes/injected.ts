/** C33: what fails in the pod is not in its template: admission put it there, and every new pod gets it. */
import type { ContentFacts, Observation, PodFacts } from "../facts.ts";
import type { Cause } from "./cause.ts";
import type { PodCase, Trouble } from "./trouble.ts";

/** The volume of every pod's account token, which the API server itself adds. */
const OWN_VOLUME = /^kube-api-access-/;

/** What a claim is bound to has a name of its own, and events tell that one instead of the pod's volume. */
const BOUND = /^pvc-[0-9a-f]{8}-/;

/** The volume is neither one of the template's, nor what one of its claims may be bound to. */
function isForeign(volume: string, { volumes, references }: Pick<ContentFacts, "volumes" | "references">): boolean {
  if (OWN_VOLUME.test(volume) || BOUND.test(volume) || volumes.includes(volume)) return false;
  return !references.some((reference) => reference.startsWith("claim/"));
}

/** The containers and volumes that the pod was made from. */
function origin(pod: PodFacts, { daemonSet, revisions }: Observation) {
  if (pod.revisionHash === daemonSet.currentHash) return daemonSet.template;
  return revisions.find(({ hash }) => hash === pod.revisionHash);
}

/** The same container is as its revision says in a pod that is well: what rewrites it has begun since. */
function isRewritten(pod: PodFacts, container: string, observation: Observation): boolean {
  const differs = (each: PodFacts): boolean => {
    const wanted = origin(each, observation)?.specs[container];
    return wanted !== undefined && each.specs[container] !== undefined && each.specs[container] !== wanted;
  };
  const well = observation.pods.filter((each) => each.ready && each.specs[container] !== undefined);
  return differs(pod) && well.length > 0 && !well.some(differs);
}

/** The trouble as that of an injected container or volume, or undefined when the template's own part fails. */
export function injected({ pod, observation }: PodCase, trouble: Trouble): Trouble | undefined {
  const from = origin(pod, observation);
  if (from === undefined || Object.keys(from.specs).length === 0) return undefined;
  const { container } = trouble;
  const volume = /volume "([^"]+)"/.exec(trouble.words ?? "")?.[1];
  const what =
    container !== undefined && from.specs[container] === undefined
      ? `container ${container}`
      : trouble.cause === "C11" && volume !== undefined && isForeign(volume, from)
        ? `volume ${volume}`
        : undefined;
  const rewritten = what === undefined && container !== undefined && isRewritten(pod, container, observation);
  if (what === undefined && !rewritten) return undefined;
  const how =
    what === undefined
      ? `container ${container} is not as the template says: something rewrites it when a pod is created`
      : `${what} is not in the template: something injects it when a pod is created`;
  return {
    ...trouble,
    cause: "C33",
    reason: "InjectedIntoPod",
    blame: "surroundings",
    sentence: `shows that ${how}; ${trouble.sentence}`,
    evidence: [how, ...trouble.evidence],
    recreationCanHelp: false,
    ranBefore: false,
    commands: ["kubectl get mutatingwebhookconfigurations   # find what changes new pods, and repair it there"],
  };
}

export const injectedCauses: readonly Cause[] = [
  {
    id: "C33",
    title: "a container or volume that admission injected is broken",
    signature:
      "The failing container or volume is not in the template of the pod's revision, or is not as the template says although pods that are well have it unchanged.",
    shownBy:
      "names in the pod's spec that the ControllerRevision does not have; digests of image, command and arguments",
    helps: {
      delete: "no: the new pod gets the same injection",
      restart: "no: it gives every pod that is still well the same injection",
      rollback: "no: pods of any revision get it",
    },
    forbidden: "every deletion and every template write: each new pod of any revision is broken",
    person: ["kubectl get mutatingwebhookconfigurations   # find what changes new pods, and repair it there"],
    source: "staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/mutating",
  },
];
