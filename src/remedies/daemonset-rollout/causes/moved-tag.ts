/** C34: the same tag, another image: what the registry holds under it has changed between two pulls. */
import type { ContainerFacts, NodeFacts, PodFacts } from "../facts.ts";
import type { Cause } from "./cause.ts";
import { RESTART_NO } from "./cause.ts";
import type { PodCase, Trouble } from "./trouble.ts";

/** The digest of an image id, and how it is written; runtimes differ in what they put there. */
function digestOf({ imageId }: ContainerFacts): { form: string; digest: string } {
  const [before, after] = imageId.split("@");
  return after === undefined ? { form: "id", digest: before ?? "" } : { form: "repository", digest: after };
}

/** Where an image of one name must be the same one: an index holds another image for each platform. */
function platform(node: NodeFacts | undefined): string {
  return node ? [node.info.architecture, node.info.operatingSystem, node.info.runtime.split(":", 1)[0]].join() : "";
}

/** The image without its tag; a registry may have a port. */
function untagged(image: string): string {
  return image.replace(/:[^:/]*$/, "");
}

function short(digest: string): string {
  return digest.replace(/^sha256:/, "").slice(0, 12);
}

/** The trouble as that of a tag that moved: a pod that is well runs another image of the same name on the same platform. */
export function movedTag({ pod, node, observation }: PodCase, trouble: Trouble): Trouble | undefined {
  const own = pod.containers.find(({ name }) => name === trouble.container);
  // An image named by its digest cannot move.
  if (!own || own.imageId === "" || own.image.includes("@") || own.image.startsWith("sha256:")) return undefined;
  const mine = digestOf(own);
  const here = platform(node);
  const nodes = new Map(observation.nodes.map((each) => [each.name, each]));
  const twin = (other: PodFacts): ContainerFacts | undefined =>
    other.containers.find(({ name, image, imageId }) => {
      if (name !== own.name || image !== own.image || imageId === "") return false;
      const theirs = digestOf({ ...own, imageId });
      return theirs.form === mine.form && theirs.digest !== mine.digest;
    });
  const other = observation.pods.find(
    (each) => each.ready && platform(nodes.get(each.node)) === here && twin(each) !== undefined,
  );
  const theirs = other && twin(other);
  if (!other || !theirs) return undefined;
  const both = `${own.image} is ${short(mine.digest)} in ${pod.name} on ${pod.node} and ${short(digestOf(theirs).digest)} in ${other.name} on ${other.node}`;
  return {
    ...trouble,
    cause: "C34",
    reason: "TagMoved",
    blame: "surroundings",
    sentence: `runs another image under the tag ${own.image} than the pods that are well, and ${trouble.sentence}`,
    evidence: [both, ...trouble.evidence],
    recreationCanHelp: false,
    ranBefore: false,
    // An id of the node's own store is nothing that a registry could be asked for.
    commands:
      mine.form === "repository"
        ? [
            `kubectl set image daemonset/${observation.daemonSet.name} -n ${pod.namespace} ${own.name}=${untagged(own.image)}@${digestOf(theirs).digest}   # pin the image that runs`,
          ]
        : [],
  };
}

export const movedTagCauses: readonly Cause[] = [
  {
    id: "C34",
    title: "a mutable tag now names another image",
    signature:
      "The failing container and the same container of a pod that is well have the same image string and different image digests, on nodes of one platform.",
    shownBy: "status.containerStatuses[].image and .imageID",
    helps: {
      delete: "no: the new pod pulls the same image",
      restart: RESTART_NO,
      rollback: "no: the revision before names the same tag, and its pods would pull the broken image, too",
    },
    forbidden: "every deletion and every template write: pods that are well would pull the broken image",
    person: [
      "kubectl set image daemonset/{daemonset} -n {namespace} {name}={name}@{name}   # pin the image that runs",
      "kubectl describe pod {pod} -n {namespace}",
    ],
    source: "pkg/kubelet/images/image_manager.go (IfNotPresent and Always)",
  },
];
