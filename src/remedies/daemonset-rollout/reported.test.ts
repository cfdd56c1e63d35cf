import { describe, expect, it } from "vitest";
import {
  aContainer,
  aDaemonSet,
  aPod,
  badImagePod,
  failedPod,
  neverReadyPod,
} from "../../../test/support/daemonset-builders.ts";
import { reported } from "./reported.ts";

describe("reported", () => {
  it.each([
    ["a healthy status and no pods to read", {}, undefined, false, "reported: 4 of 4 available, 4 up to date"],
    ["a healthy status and healthy pods", {}, [aPod("n1")], false, "reported: 4 of 4 available, 4 up to date"],
    [
      "pods that wait",
      {},
      [badImagePod("n1"), badImagePod("n2"), neverReadyPod("n3")],
      true,
      "2 ImagePullBackOff, 1 not Ready",
    ],
    [
      "a spec that was not observed",
      { generation: 3 },
      undefined,
      true,
      "reported: 4 of 4 available, 4 up to date, spec not observed",
    ],
    [
      "a status that says so itself",
      { status: { desired: 4, current: 4, updated: 2, ready: 3, available: 3, misscheduled: 0 } },
      [],
      true,
      "reported: 3 of 4 available, 2 up to date",
    ],
    [
      "pods by what they wait for, the most frequent first, in the words of their own status where it has any",
      {},
      [neverReadyPod("n1"), failedPod("n2"), failedPod("n3"), aPod("n4"), badImagePod("n5", { reason: "NodeLost" })],
      true,
      "2 Evicted, 1 not Ready, 1 NodeLost",
    ],
    [
      "a container that waits behind one that runs",
      {},
      [
        badImagePod("n1", {
          containers: [aContainer(), aContainer({ waiting: { reason: "ErrImagePull", message: "" } })],
        }),
      ],
      true,
      "1 ErrImagePull",
    ],
    [
      "a container that waits without a word",
      {},
      [badImagePod("n1", { containers: [aContainer({ waiting: { reason: "", message: "" } })] })],
      true,
      "1 not Ready",
    ],
    [
      "a spec that was not observed, and pods that say why",
      { generation: 3 },
      [badImagePod("n1")],
      true,
      "1 ImagePullBackOff",
    ],
  ])("%s", (_name, overrides, pods, isStuck, message) => {
    expect(reported(aDaemonSet(overrides), pods)).toEqual({ isStuck, message });
  });
});
