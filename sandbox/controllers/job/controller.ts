/** The Job controller and the removal of finished Jobs after their time to live. */
import type { Job } from "kubernetes-types/batch/v1";
import { isNotFound } from "../../../src/kube/errors.ts";
import { jobs, pods as podResource } from "../../../src/kube/resources.ts";
import type { Live } from "../../../src/kube/types.ts";
import { createEventRecorder, eventTarget } from "../../machinery/event-recorder.ts";
import { createExpectations } from "../../machinery/expectations.ts";
import { isShownBy, keyOf, splitKey } from "../../machinery/informer.ts";
import { startLoop } from "../../machinery/loop.ts";
import { slowStart } from "../../machinery/slow-start.ts";
import type { ControllerContext, Running } from "../context.ts";
import { claim } from "../rules/claim.ts";
import { controllerOf, isTerminating } from "../rules/pods.ts";
import { stableJson } from "../rules/stable-json.ts";
import type { JobPlan } from "./decide.ts";
import { isFinished, planJob, trackingFinalizer } from "./decide.ts";
import { jobPod } from "./pod.ts";
import { expiryMs } from "./time-to-live.ts";

/** Starts it; the informers must have synced. */
export function startJobController(context: ControllerContext): Running {
  const { kube, informers, tuning, now, log } = context;
  const recorder = createEventRecorder({ kube, component: "job-controller", log, now });
  const expectations = createExpectations({ timeoutMs: tuning.expectationTimeoutMs, now });
  const isShown = isShownBy(informers.pods);

  async function sync(key: string): Promise<number | undefined> {
    const { namespace, name } = splitKey(key);
    const job = informers.jobs.get(namespace, name);
    const inNamespace = informers.pods.items().filter((pod) => pod.metadata.namespace === namespace);
    await releaseOrphans(inNamespace.filter((pod) => belongsToGoneJob(pod, name, job)));
    if (job === undefined) {
      expectations.forget(key);
      return undefined;
    }
    if (job.metadata.deletionTimestamp !== undefined) return undefined;
    if (!expectations.satisfied(key)) return tuning.expectationTimeoutMs;
    const selector = job.spec?.selector;
    const pods = await claim({ kube, resource: jobs, owner: job, selector, pods: inNamespace });
    const backoff = { baseMs: tuning.jobBackoffBaseMs, capMs: tuning.jobBackoffCapMs };
    const plan = planJob({ job, pods, now: now(), backoff });
    await carryOut(key, job, plan);
    return plan.recheckMs;
  }

  async function carryOut(key: string, job: Live<Job>, plan: JobPlan): Promise<void> {
    if (stableJson(plan.status) !== stableJson(job.status ?? {})) {
      await kube.replaceStatus(jobs, { ...job, status: plan.status });
    }
    for (const event of plan.events) recorder.record(eventTarget(jobs, job), event);
    // Only what the stored status has counted may lose its finalizer.
    await releaseOrphans(plan.release);
    for (const pod of plan.remove) await removePod(key, job, pod);
    const slots = Array.from({ length: plan.create }, (_, index) => index);
    const errors = await slowStart(slots, () => createPod(key, job));
    if (errors.length > 0) throw errors[0];
  }

  async function createPod(key: string, job: Live<Job>): Promise<void> {
    const target = eventTarget(jobs, job);
    try {
      const made = await kube.create(podResource, jobPod(job));
      // The watch may be quicker than the answer.
      if (!isShown(made)) expectations.expect(key, { created: [made.metadata.uid] });
      recorder.record(target, {
        type: "Normal",
        reason: "SuccessfulCreate",
        message: `Created pod: ${made.metadata.name}`,
      });
    } catch (error) {
      const message = `Error creating: ${error instanceof Error ? error.message : String(error)}`;
      recorder.record(target, { type: "Warning", reason: "FailedCreate", message });
      throw error;
    }
  }

  async function removePod(key: string, job: Live<Job>, pod: JobPlan["remove"][number]): Promise<void> {
    const { name, namespace = "", uid } = pod.metadata;
    // Before the request: the watch may show the deletion before the answer is here.
    expectations.expect(key, { deleted: [uid] });
    try {
      await kube.delete(podResource, { name, namespace }, { preconditions: { uid } });
      recorder.record(eventTarget(jobs, job), {
        type: "Normal",
        reason: "SuccessfulDelete",
        message: `Deleted pod: ${name}`,
      });
    } catch (error) {
      expectations.observe(uid, true);
      if (!isNotFound(error)) throw error;
    }
  }

  async function releaseOrphans(pods: JobPlan["release"]): Promise<void> {
    for (const { metadata } of pods) {
      const finalizers = (metadata.finalizers ?? []).filter((each) => each !== trackingFinalizer);
      const { name, namespace = "", resourceVersion } = metadata;
      try {
        const body = { metadata: { resourceVersion, finalizers } };
        await kube.patch(podResource, { name, namespace }, { type: "merge", body });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    }
  }

  async function expire(key: string): Promise<number | undefined> {
    const { namespace, name } = splitKey(key);
    const job = informers.jobs.get(namespace, name);
    if (job === undefined || job.metadata.deletionTimestamp !== undefined) return undefined;
    const left = expiryMs(job, now());
    if (left === undefined || left > 0) return left;
    const { uid, resourceVersion } = job.metadata;
    await kube.delete(
      jobs,
      { namespace, name },
      { preconditions: { uid, resourceVersion }, propagationPolicy: "Foreground" },
    );
    return undefined;
  }

  const loop = startLoop({ name: "job-controller", reconcile: sync, log });
  const expiry = startLoop({ name: "ttl-after-finished-controller", reconcile: expire, log });
  informers.jobs.subscribe((job) => {
    loop.add(keyOf(job.metadata));
    if (isFinished(job)) expiry.add(keyOf(job.metadata));
  });
  informers.pods.subscribe((pod, change) => {
    expectations.observe(pod.metadata.uid, change.type === "deleted" || isTerminating(pod));
    const owner = controllerOf(pod);
    if (owner?.kind === "Job") loop.add(`${pod.metadata.namespace ?? ""}/${owner.name}`);
  });
  for (const job of informers.jobs.items()) {
    loop.add(keyOf(job.metadata));
    if (isFinished(job)) expiry.add(keyOf(job.metadata));
  }
  return {
    stop: async () => {
      await Promise.all([loop.stop(), expiry.stop()]);
      await recorder.flush();
    },
  };
}

/** Pods of a Job that was deleted (or replaced under its name) still carry the finalizer; nobody else removes it. */
function belongsToGoneJob(pod: JobPlan["release"][number], name: string, job: Live<Job> | undefined): boolean {
  const owner = controllerOf(pod);
  const isOrphan = owner?.kind === "Job" && owner.name === name && owner.uid !== job?.metadata.uid;
  const isGoing = owner?.uid === job?.metadata.uid && job?.metadata.deletionTimestamp !== undefined;
  return (isOrphan || isGoing) && pod.metadata.finalizers?.includes(trackingFinalizer) === true;
}
