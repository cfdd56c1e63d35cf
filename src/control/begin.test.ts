import { expect, it } from "vitest";
import { aContext, anOperarius, aRemediation, install, NAMESPACE, NOW } from "../../test/support/control-fixture.ts";
import { createMemoryKube } from "../../test/support/memory-kube.ts";
import { objectPath } from "../kube/paths.ts";
import { remediations } from "../operarius/remediation.ts";
import { reconcile } from "./reconcile.ts";

it.each([
  ["dots", ".."],
  ["a way out", "../kube-system"],
  ["two parts", "a/b"],
  ["far too long", "n".repeat(100_000)],
])(
  "an alert from what cannot be a namespace is out of scope, instead of being asked for again and again: %s",
  async (_, namespace) => {
    const kube = createMemoryKube(() => NOW);
    await install(kube, anOperarius());
    const target = { cluster: "c", kind: "DaemonSet", namespace, name: "agent" };
    await kube.create(remediations, aRemediation({}, { target, operarius: { name: "daemonset-rollout-fix" } }));
    const get = kube.get.bind(kube);
    // As the client does it.
    kube.get = async (resource, ref) => {
      objectPath(resource, ref);
      return get(resource, ref);
    };
    const context = aContext(kube, { now: () => NOW, namespaceSelector: "heal=yes" });
    await reconcile(context, "agent-1");
    const [record] = kube.all(remediations);
    expect(record?.metadata.namespace).toBe(NAMESPACE);
    expect(record?.status).toMatchObject({ phase: "Blocked", reason: "OutOfScope" });
  },
);
