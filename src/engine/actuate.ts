/**
 * The only place where a remedy writes to a target. Every write carries preconditions: a pod goes only by uid and
 * resourceVersion, a DaemonSet is changed only by its uid and generation. What no longer fits rejects with `TargetMoved`,
 * what these rights do not allow with `Stalled`; both mean that nothing was changed.
 */
import type { DaemonSet } from "kubernetes-types/apps/v1";
import { isConflict, isForbidden, isInvalid, isNotFound } from "../kube/errors.ts";
import { controllerRevisions, daemonSets, pods } from "../kube/resources.ts";
import type { JsonPatchOperation, Kube, Live } from "../kube/types.ts";
import { Stalled, TargetMoved } from "./errors.ts";
import { RESTARTED_AT, revisionTemplate, templateHash } from "./pod-template.ts";
import type { Fence, Step, Target } from "./types.ts";

export interface Actuator {
  /** Carries the step out. Resolves with the generation that the target has after it. */
  apply(step: Step, fence: Fence): Promise<number>;
}

export interface ActuatorOptions {
  kube: Kube;
  target: Target;
  /** Sends dryRun=All: admission judges the writes, nothing is stored. */
  dryRun: boolean;
  now: () => number;
}

function moved(error: unknown, what: string): unknown {
  if (isForbidden(error))
    return new Stalled("MissingRight", `${what} may not be changed with these rights: ${error.message}`, {
      cause: error,
    });
  const gone = isNotFound(error) || isConflict(error) || isInvalid(error);
  return gone ? new TargetMoved(`${what} changed meanwhile: ${error.message}`, { cause: error }) : error;
}

/** The fence as JSON-patch tests: status writes raise the resourceVersion, but only a new spec raises the generation. */
function fenceTests({ uid, generation }: Fence): JsonPatchOperation[] {
  return [
    { op: "test", path: "/metadata/uid", value: uid },
    { op: "test", path: "/metadata/generation", value: generation },
  ];
}

/** kubectl's annotation and nothing else; a template without annotations gets the map first. */
function restartOperations(daemonSet: Live<DaemonSet>, now: number): JsonPatchOperation[] {
  const time = `${new Date(now).toISOString().slice(0, 19)}Z`;
  const metadata = daemonSet.spec?.template.metadata;
  if (!metadata)
    return [{ op: "add", path: "/spec/template/metadata", value: { annotations: { [RESTARTED_AT]: time } } }];
  if (!metadata.annotations)
    return [{ op: "add", path: "/spec/template/metadata/annotations", value: { [RESTARTED_AT]: time } }];
  return [
    { op: "add", path: `/spec/template/metadata/annotations/${RESTARTED_AT.replaceAll("/", "~1")}`, value: time },
  ];
}

/** Set by a touch; its value is the time. Nobody reads it: the write itself makes the controller look again. */
const TOUCHED_AT = "operarius.openfero.io/touched-at";

/**
 * The annotation of a touch. It is fenced on the resourceVersion as well: annotations do not raise the generation, and a
 * target that has none gets the map, which must not take the place of one that somebody has just added.
 */
function touchOperations({ metadata }: Live<DaemonSet>, now: number): JsonPatchOperation[] {
  const time = `${new Date(now).toISOString().slice(0, 19)}Z`;
  const add: JsonPatchOperation = metadata.annotations
    ? { op: "add", path: `/metadata/annotations/${TOUCHED_AT.replaceAll("/", "~1")}`, value: time }
    : { op: "add", path: "/metadata/annotations", value: { [TOUCHED_AT]: time } };
  return [{ op: "test", path: "/metadata/resourceVersion", value: metadata.resourceVersion }, add];
}

/** The writer for one target. */
export function createActuator({ kube, target, dryRun, now }: ActuatorOptions): Actuator {
  const { namespace, name } = target;
  const what = `DaemonSet ${namespace}/${name}`;

  async function patch(fence: Fence, operations: JsonPatchOperation[]): Promise<number> {
    const answer = await kube
      .patch(
        daemonSets,
        { namespace, name },
        { type: "json", operations: [...fenceTests(fence), ...operations] },
        { dryRun, fieldManager: "operarius" },
      )
      .catch((error: unknown) => {
        throw moved(error, what);
      });
    return answer.metadata.generation ?? fence.generation;
  }

  async function deletePod({ pod, force }: Extract<Step, { kind: "delete-pod" }>): Promise<void> {
    const preconditions = { uid: pod.uid, resourceVersion: pod.resourceVersion };
    await kube
      .delete(
        pods,
        { namespace: pod.namespace, name: pod.name },
        { preconditions, dryRun, ...(force ? { gracePeriodSeconds: 0 } : {}) },
      )
      .catch((error: unknown) => {
        throw moved(error, `Pod ${pod.namespace}/${pod.name}`);
      });
  }

  async function restart(fence: Fence): Promise<number> {
    const current = await kube.get(daemonSets, { namespace, name }).catch((error: unknown) => {
      throw moved(error, what);
    });
    return patch(fence, restartOperations(current, now()));
  }

  async function touch(fence: Fence): Promise<number> {
    const current = await kube.get(daemonSets, { namespace, name }).catch((error: unknown) => {
      throw moved(error, what);
    });
    return patch(fence, touchOperations(current, now()));
  }

  async function rollback({ revision }: Extract<Step, { kind: "rollback" }>, fence: Fence): Promise<number> {
    const found = await kube.get(controllerRevisions, { namespace, name: revision.name }).catch((error: unknown) => {
      throw moved(error, `ControllerRevision ${namespace}/${revision.name}`);
    });
    const template = revisionTemplate(found);
    if (!template || templateHash(template) !== revision.templateHash) {
      throw new TargetMoved(
        `ControllerRevision ${namespace}/${revision.name} no longer holds the template that was planned`,
      );
    }
    return patch(fence, [{ op: "replace", path: "/spec/template", value: template }]);
  }

  return {
    async apply(step, fence) {
      switch (step.kind) {
        case "delete-pod":
          await deletePod(step);
          return fence.generation;
        case "restart":
          return restart(fence);
        case "rollback":
          return rollback(step, fence);
        case "touch":
          return touch(fence);
      }
    },
  };
}
