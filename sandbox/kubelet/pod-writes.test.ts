import type { Pod } from "kubernetes-types/core/v1";
import { expect, it } from "vitest";
import type { Kube, Live } from "../../src/kube/types.ts";
import { createEventRecorder } from "../machinery/event-recorder.ts";
import { holdPod } from "./held-pod.ts";
import { report } from "./pod-writes.ts";
import { runtimeOf, t0 } from "./runtime/builders.ts";

it.each([
  { name: "a deletion that was seen before the answer to an older write stays known", seen: "7", kept: "7" },
  { name: "the answer counts when nothing newer was seen", seen: "1", kept: "5" },
])("$name", async ({ seen, kept }) => {
  const runtime = runtimeOf("app:ok-1");
  const at = (resourceVersion: string): Live<Pod> => ({
    ...runtime.pod,
    metadata: { ...runtime.pod.metadata, resourceVersion },
  });
  const patchStatus = (): Promise<Live<Pod>> => {
    const answer = at("5");
    // The watch is quicker than the answer to the write.
    runtime.pod = at(seen);
    return Promise.resolve(answer);
  };
  const kube = { patchStatus } as unknown as Kube;
  const now = (): number => t0;
  const recorder = createEventRecorder({ kube, component: "kubelet", host: "n1", log: () => undefined, now });
  const host = {
    apiServer: { host: "127.0.0.1", port: 1, caPem: "" },
    programEntry: "",
    directory: "",
    now,
  };
  await report(holdPod({ runtime, kube, host, onChange: () => undefined }), { kube, recorder, now, clock: now });
  expect(runtime.pod.metadata.resourceVersion).toBe(kept);
});
