/** The kubelet's time constants, in milliseconds. The defaults are those of a sandbox: short, so that tests are quick. */
export interface KubeletTuning {
  /** Between two heartbeats (Lease and node status). */
  heartbeatMs: number;
  /** From a pod's arrival to its first container's start. */
  startMs: number;
  /** From a container's start to its readiness, where its image says nothing else. */
  readyMs: number;
  /** From start to exit of an image that crashes. */
  crashAfterMs: number;
  /** From SIGTERM to the end of a well-behaved process. */
  stopMs: number;
  /** How long a failed pull shows as ErrImagePull before the back-off. */
  pullErrorMs: number;
  /** First and longest back-off of crash loops and pulls. Kubernetes: 10 s to 5 min. */
  backoffBaseMs: number;
  backoffCapMs: number;
  /** Between two tries to create a container whose ConfigMap or Secret is missing. */
  configRetryMs: number;
  /** Run time of images that end by themselves. */
  runMs: number;
  /** Readiness delay of `app:slow-N`. */
  slowMs: number;
  /** How long `app:flap-N` is ready, and then down. */
  flapMs: number;
}

export const defaultKubeletTuning: Readonly<KubeletTuning> = {
  heartbeatMs: 2_000,
  startMs: 250,
  readyMs: 300,
  crashAfterMs: 200,
  stopMs: 200,
  pullErrorMs: 400,
  backoffBaseMs: 1_000,
  backoffCapMs: 10_000,
  configRetryMs: 1_000,
  runMs: 1_000,
  slowMs: 20_000,
  flapMs: 3_000,
};
