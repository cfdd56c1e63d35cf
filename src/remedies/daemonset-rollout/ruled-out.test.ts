import { describe, expect, it } from "vitest";
import type { Scene } from "../../../test/support/daemonset-builders.ts";
import {
  aNode,
  anEvent,
  anObservation,
  aPod,
  crashingPod,
  deadNode,
  fleet,
  MINUTE,
  settings,
  someNodes,
  stoppedRollout,
  terminatingPod,
} from "../../../test/support/daemonset-builders.ts";
import type { CauseId, Finding } from "../../engine/types.ts";
import { diagnose } from "./diagnose.ts";
import type { Observation } from "./facts.ts";
import { ruledOut } from "./ruled-out.ts";
import { situation } from "./situation.ts";

function aFinding(cause: CauseId): Finding {
  return { cause, reason: "r", message: "m", evidence: [], pods: [], nodes: [], commands: [] };
}

function told(observation: Observation, ...causes: CauseId[]): string[] {
  return ruledOut(situation(observation, settings), causes.map(aFinding)).map(({ what, why }) => `${what}: ${why}`);
}

const CONTROLLER = "the controller: it has observed generation 2";
const CREATION = "quota, webhooks and accounts: every node that should run a pod has one: pods can be created";
const ALL_READY = "dead nodes: all 4 eligible nodes are Ready";
const NO_PRESSURE = "pressure on the failing nodes: n1: no memory, disk or PID pressure";
const OTHERS_RUN = "the revision as a whole: 3 pods of it run on n2, n3, n4";
const AS_WRITTEN = "something injected by admission: the failing containers are as the template says";
const NO_TERMINATION = "a stuck termination: no pod is being deleted";

/** One of four crashes; `scene` says what else is different. */
function oneCrashes(scene: Scene = {}): Observation {
  return anObservation({ pods: fleet(4, [crashingPod("n1")]), ...scene });
}
const under = (pressure: string) => ({ nodes: [aNode("n1", { pressures: [pressure] }), ...someNodes(4).slice(1)] });

describe("ruledOut", () => {
  it.each<[string, string[], string[]]>([
    [
      "one of four crashes: everything but the node and the container itself",
      told(oneCrashes()),
      [CONTROLLER, CREATION, ALL_READY, NO_PRESSURE, OTHERS_RUN, AS_WRITTEN, NO_TERMINATION],
    ],
    ["nobody fails", told(anObservation()), [CONTROLLER, CREATION, ALL_READY, NO_TERMINATION]],
    [
      "nothing should run anywhere",
      told(anObservation({ nodes: [], pods: [] })),
      [CONTROLLER, CREATION, NO_TERMINATION],
    ],
    ["the controller lags", told(oneCrashes({ daemonSet: { generation: 3 } })), []],
    ["the DaemonSet is being deleted", told(oneCrashes({ daemonSet: { deleting: true } })), []],
    [
      "the failing node is under pressure",
      told(oneCrashes(under("DiskPressure"))),
      [CONTROLLER, CREATION, ALL_READY, OTHERS_RUN, AS_WRITTEN, NO_TERMINATION],
    ],
    [
      "one of two failing nodes is under pressure",
      told(anObservation({ pods: fleet(4, [crashingPod("n1"), crashingPod("n2")]), ...under("DiskPressure") })),
      [
        CONTROLLER,
        CREATION,
        ALL_READY,
        "the revision as a whole: 2 pods of it run on n3, n4",
        AS_WRITTEN,
        NO_TERMINATION,
      ],
    ],
    [
      "another node is dead",
      told(oneCrashes({ nodes: [...someNodes(3), deadNode("n4")] })),
      [
        CONTROLLER,
        CREATION,
        NO_PRESSURE,
        "the revision as a whole: 2 pods of it run on n2, n3",
        AS_WRITTEN,
        NO_TERMINATION,
      ],
    ],
    [
      "a node lacks its pod",
      told(anObservation({ nodes: someNodes(4), pods: fleet(4, [crashingPod("n1")]).slice(0, 3) })),
      [
        CONTROLLER,
        ALL_READY,
        NO_PRESSURE,
        "the revision as a whole: 2 pods of it run on n2, n3",
        AS_WRITTEN,
        NO_TERMINATION,
      ],
    ],
    [
      "the new revision fails where it is, the old one runs on one node",
      told(stoppedRollout([crashingPod("n1"), crashingPod("n2"), crashingPod("n3")])),
      [
        CONTROLLER,
        CREATION,
        ALL_READY,
        "pressure on the failing nodes: n1, n2, n3: no memory, disk or PID pressure",
        "the cluster as a whole: 1 pod of another revision run on n4",
        AS_WRITTEN,
        NO_TERMINATION,
      ],
    ],
    [
      "it fails everywhere",
      told(anObservation({ nodes: someNodes(1), pods: [crashingPod("n1")] })),
      [CONTROLLER, CREATION, "dead nodes: all 1 eligible nodes are Ready", NO_PRESSURE, AS_WRITTEN, NO_TERMINATION],
    ],
    [
      "a pod is being deleted",
      told(anObservation({ pods: fleet(4, [crashingPod("n1"), terminatingPod("n2", -MINUTE)]) })),
      [CONTROLLER, CREATION, ALL_READY, NO_PRESSURE, "the revision as a whole: 2 pods of it run on n3, n4", AS_WRITTEN],
    ],
    [
      "a container that the template does not have fails",
      told(anObservation({ pods: fleet(4, [crashingPod("n1", { specs: { main: "rewritten" } })]) })),
      [CONTROLLER, CREATION, ALL_READY, NO_PRESSURE, OTHERS_RUN, NO_TERMINATION],
    ],
  ])("%s", (_name, found, want) => {
    expect(found).toEqual(want);
  });

  it.each<[CauseId, string]>([
    ["C20", CREATION],
    ["C21", CREATION],
    ["C22", CREATION],
    ["C23", CREATION],
    ["C33", AS_WRITTEN],
    ["C17", NO_TERMINATION],
    ["C18", NO_TERMINATION],
  ])("what was found is not cleared: %s", (cause, silent) => {
    const all = told(oneCrashes());
    expect(told(oneCrashes(), cause)).toEqual(all.filter((line) => line !== silent));
  });

  it("whoever refuses new pods during a surge is not cleared, also in unknown words", () => {
    const events = [anEvent({ message: "something nobody has seen before" })];
    const diagnosis = diagnose(stoppedRollout([], { events }), { settings });
    expect(diagnosis).toMatchObject({ kind: "unhealthy", reason: "CreationFailing" });
    expect(diagnosis.kind === "unhealthy" && diagnosis.ruledOut?.map(({ what }) => what)).not.toContain(
      "quota, webhooks and accounts",
    );
  });

  it("names at most five nodes, each once", () => {
    const pods = [...fleet(8, [crashingPod("n8")]), aPod("n1", { uid: "second", name: "second" })];
    expect(told(anObservation({ pods }))).toContain(
      "the revision as a whole: 8 pods of it run on n1, n2, n3, n4, n5 and 2 more",
    );
    const five = told(anObservation({ pods: fleet(6, [crashingPod("n6")]) }));
    expect(five).toContain("the revision as a whole: 5 pods of it run on n1, n2, n3, n4, n5");
  });
});
