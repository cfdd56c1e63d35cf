/** C01 image does not exist · C02 registry credentials · C03 registry unreachable · C28 no image for this platform. */

import type { Cause } from "./cause.ts";
import { RESTART_NO } from "./cause.ts";
import type { Recognise, Trouble } from "./trouble.ts";
import { imageOf, quote, registryOf } from "./trouble.ts";

const PULL = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "ImageInspectError",
  "RegistryUnavailable",
  "SignatureValidationFailed",
]);
const NAME = new Set(["InvalidImageName", "ErrImageNeverPull"]);
const DENIED = /unauthorized|denied|authentication required|no basic auth|\b40[13]\b/i;
const UNREACHABLE =
  /toomanyrequests|too many requests|i\/o timeout|timed? ?out|deadline exceeded|x509|no such host|connection (refused|reset)|no route to host|network is unreachable|server misbehaving|name resolution|registry is unavailable|service unavailable|\btls\b|\bEOF\b|\b(429|50[0-4])\b/i;
const PLATFORM = /no match for platform|no matching manifest/i;
/** The node's own store lacks a part of the image, whatever the registry has. */
const STORE = /content digest \S* ?not found|content digest .*: not found|parent snapshot|failed to resolve rootfs/i;
const ABSENT = /not found|manifest unknown|name unknown|does not exist|repository .* not exist/i;

/** Causes that the registry has in common for all who pull from it. */
const OF_REGISTRY: ReadonlySet<string> = new Set(["C02", "C03"]);

type Kind = Pick<Trouble, "cause" | "reason" | "blame"> & { why: string };

/**
 * A runtime's words without the names in them: an image called `geofence:403` must not read as "EOF" or "403". Dropped are
 * URLs, every word with the image in it, its repository, tag and registry, and what the text itself calls an image.
 */
function withoutNames(text: string, images: readonly string[]): string {
  const quoted = [...text.matchAll(/(?:image|reference) "([^"]+)"/g)].map(([, name]) => name ?? "");
  const names = [...images, ...quoted].filter((name) => name !== "");
  const parts = new Set(
    names.flatMap((name) => {
      const [repository = "", tag = ""] = name.split("@", 1)[0]?.split(/:(?=[^/]*$)/) ?? [];
      return [repository, tag, repository.split("/", 1)[0] ?? ""];
    }),
  );
  const isName = (word: string): boolean => {
    const bare = word.replace(/^["'(]+|["'),.:;]+$/g, "");
    return (
      word.includes("://") ||
      parts.has(bare) ||
      [...parts].some((part) => part !== "" && bare.endsWith(`/${part}`)) ||
      names.some((name) => word.includes(name))
    );
  };
  return text
    .split(/\s+/)
    .filter((word) => !isName(word))
    .join(" ");
}

/** Which of the four it is, by the words of the container runtime; undefined = the words do not tell. */
function kindOf(words: string): Kind | undefined {
  if (STORE.test(words))
    return { cause: "C04", reason: "ImageStoreDamaged", blame: "surroundings", why: "the node cannot store it" };
  if (PLATFORM.test(words))
    return { cause: "C28", reason: "ImagePlatformMismatch", blame: "surroundings", why: "has no build for this node" };
  if (DENIED.test(words))
    return { cause: "C02", reason: "ImagePullDenied", blame: "surroundings", why: "the registry denies the pull" };
  if (ABSENT.test(words)) return { cause: "C01", reason: "ImageNotFound", blame: "template", why: "not found" };
  if (UNREACHABLE.test(words))
    return { cause: "C03", reason: "RegistryUnreachable", blame: "surroundings", why: "the registry does not answer" };
  return undefined;
}

/** Recognises a container that waits for its image. */
export const recogniseImage: Recognise = ({ pod, daemonSet, events }) => {
  const container = pod.containers.find(
    ({ waiting }) => waiting && (PULL.has(waiting.reason) || NAME.has(waiting.reason)),
  );
  if (!container?.waiting) return undefined;
  const image = imageOf(container, daemonSet);
  const base = { recreationCanHelp: false, ranBefore: false, container: container.name };
  if (NAME.has(container.waiting.reason)) {
    return {
      ...base,
      cause: "C01",
      reason: "InvalidImage",
      blame: "template",
      sentence: `cannot use image ${image}: ${container.waiting.reason}`,
      ofRevision: `the new image ${image} cannot be used (${container.waiting.reason})`,
      evidence: [quote(container.waiting.message)],
    };
  }
  const pulls = events.filter(({ about, reason }) => about === `Pod/${pod.name}` && reason === "Failed");
  const words = [container.waiting.message, ...pulls.map(({ message }) => message)];
  const kinds = words.map((text) => kindOf(withoutNames(text, [image, container.image])));
  const telling = words[kinds.findIndex((found) => found !== undefined)];
  const kind = kinds.find((found) => found !== undefined) ?? {
    cause: "C01",
    reason: "ImagePullFailing",
    blame: "surroundings",
    why: "the container runtime does not say why",
  };
  return {
    ...base,
    cause: kind.cause,
    reason: kind.reason,
    blame: kind.blame,
    sentence: `cannot pull image ${image}: ${kind.why}`,
    ...(OF_REGISTRY.has(kind.cause) && { root: `registry/${registryOf(image)}` }),
    ...(kind.cause === "C01" && kind.blame === "template" && { ofRevision: `the new image ${image} does not exist` }),
    evidence: [`${container.waiting.reason}: ${quote(telling ?? container.waiting.message)}`],
  };
};

export const imageCauses: readonly Cause[] = [
  {
    id: "C01",
    title: "the image of the new revision does not exist",
    signature:
      "A pod of the new revision waits for its image and the registry says that it is not there, or the name is not a name.",
    shownBy:
      'waiting reasons ErrImagePull, ImagePullBackOff, InvalidImageName, ErrImageNeverPull; events Failed with "not found" or "manifest unknown"',
    helps: {
      delete: "no: the new pod fails the same way",
      restart: RESTART_NO,
      rollback: "yes, once: its pods are replaced, and those of the proven revision keep running",
    },
    forbidden: "deletions, restarts",
    person: [
      "kubectl rollout undo daemonset/{daemonset} -n {namespace} --to-revision={revision}",
      "kubectl edit daemonset/{daemonset} -n {namespace}",
      "kubectl describe pod {pod} -n {namespace}",
    ],
    source: "pkg/kubelet/images/image_manager.go",
  },
  {
    id: "C02",
    title: "the registry denies the pull",
    signature:
      'The registry answers "unauthorized", "denied" or 401/403. The revision is to blame only if it brought another registry or other imagePullSecrets than the proven one.',
    shownBy: "waiting message; events Failed, FailedToRetrieveImagePullSecret",
    helps: {
      delete: "no: the kubelet tries again by itself within five minutes",
      restart: RESTART_NO,
      rollback: "only if the new revision brought the registry or the pull secret",
    },
    forbidden: "rollback where the credentials are the same: its pods may be denied, too",
    person: [
      "kubectl rollout undo daemonset/{daemonset} -n {namespace} --to-revision={revision}",
      "kubectl describe pod {pod} -n {namespace}",
    ],
    source: "pkg/kubelet/images/image_manager.go; credentialprovider",
  },
  {
    id: "C03",
    title: "the registry cannot be reached",
    signature:
      "Time-outs, TLS errors, unknown hosts or rate limits, often of some nodes only, while the same image runs elsewhere.",
    shownBy: 'waiting message and events Failed: "i/o timeout", "x509", "no such host", "toomanyrequests"',
    helps: {
      delete: "no: the next pull meets the same network",
      restart: "no: it makes more pulls",
      rollback: "no: the older image may not be on the node either",
    },
    forbidden: "restarts: they multiply the pulls",
    person: ["kubectl describe pod {pod} -n {namespace}"],
    source: "pkg/kubelet/images/image_manager.go",
  },
  {
    id: "C28",
    title: "no build of the image for some nodes",
    signature:
      '"no match for platform", "no matching manifest" or "exec format error"; or every failing node is of one architecture or operating system and no good one is.',
    shownBy: "waiting and termination messages; labels kubernetes.io/arch and kubernetes.io/os",
    helps: {
      delete: "no: the new pod fails the same way",
      restart: RESTART_NO,
      rollback: "only by a person: it restarts the pods that are well on the other platform",
    },
    forbidden: "every write that restarts pods that are well",
    person: [
      "kubectl edit daemonset/{daemonset} -n {namespace}   # a nodeSelector for kubernetes.io/arch and kubernetes.io/os, or an image that is built for {node}",
    ],
    source: "node-problem-detector#797; OneUptime#3057",
  },
];
