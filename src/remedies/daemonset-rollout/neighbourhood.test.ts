import { expect, it } from "vitest";
import {
  anObservation,
  aStructure,
  aTemplate,
  crashingPod,
  degradedPod,
  fleet,
  MINUTE,
  NOW,
  settings,
} from "../../../test/support/daemonset-builders.ts";
import { neighbourhood } from "./neighbourhood.ts";

it("the DaemonSets with pods in trouble: their class, where and since when", () => {
  const structure = aStructure({ hostPaths: [{ path: "/opt/cni/bin", writable: true, bidirectional: false }] });
  const well = anObservation({ daemonSet: { name: "well" } });
  const network = anObservation({
    daemonSet: { name: "net", namespace: "network", template: aTemplate({ structure }) },
    pods: fleet(4, [crashingPod("n2"), degradedPod("n3")]),
  });
  const shipper = anObservation({
    daemonSet: { template: aTemplate({ images: { main: "grafana/promtail:2" } }) },
    pods: fleet(4, [crashingPod("n1")]),
  });
  expect(neighbourhood([well, network, shipper], settings)).toEqual([
    {
      ref: "network/net",
      classified: { class: "path", evidence: "mounts /opt/cni/bin of the node for writing (CNI)" },
      pods: [
        { node: "n2", since: NOW - 20 * MINUTE },
        { node: "n3", since: NOW - 10 * MINUTE },
      ],
    },
    {
      ref: "kube-system/agent",
      classified: { class: "buffer", evidence: "is named promtail" },
      pods: [{ node: "n1", since: NOW - 20 * MINUTE }],
    },
  ]);
});
