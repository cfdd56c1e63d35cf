import type { Job } from "kubernetes-types/batch/v1";
import type { Pod } from "kubernetes-types/core/v1";
import type { Live } from "../../../src/kube/types.ts";
import { trackingFinalizer } from "./decide.ts";

/** The pod to create for a Job: its template with the labels that name the Job, new and legacy. */
export function jobPod(job: Live<Job>): Pod {
  const template = job.spec?.template ?? {};
  const annotations = template.metadata?.annotations;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      generateName: `${job.metadata.name}-`,
      ...(job.metadata.namespace !== undefined && { namespace: job.metadata.namespace }),
      labels: {
        ...template.metadata?.labels,
        "batch.kubernetes.io/controller-uid": job.metadata.uid,
        "batch.kubernetes.io/job-name": job.metadata.name,
        "controller-uid": job.metadata.uid,
        "job-name": job.metadata.name,
      },
      ...(annotations !== undefined && { annotations }),
      finalizers: [trackingFinalizer],
      ownerReferences: [
        {
          apiVersion: "batch/v1",
          kind: "Job",
          name: job.metadata.name,
          uid: job.metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: template.spec ?? { containers: [] },
  };
}
