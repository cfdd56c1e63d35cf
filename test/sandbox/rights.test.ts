/** Under the narrower shipped rights: what cannot be read is said, and less is done. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { parseAllDocuments } from "yaml";
import type { Resource } from "../../src/kube/types.ts";
import { degradeAll } from "../scenarios/daemonset-rollout/degraded.ts";
import { crashOnN4 } from "../scenarios/daemonset-rollout/one-node.ts";
import { pullFails } from "../scenarios/daemonset-rollout/refusals.ts";
import { startHeal } from "../scenarios/heal.ts";
import { withCluster } from "../scenarios/play.ts";
import { writesOn } from "../scenarios/run-scenario.ts";
import type { Stage } from "../scenarios/stage.ts";
import { createAgent, untilRolledOut } from "../scenarios/stage.ts";
import { requestsBy } from "../support/audit.ts";
import { healerUser } from "../support/cluster.ts";
import { startSandboxCluster } from "../support/sandbox-cluster.ts";
import { root } from "../support/source-files.ts";

const programEntry = inject("programEntry");
const manifest = "rbac-namespaced.yaml";
const playground = withCluster(() => startSandboxCluster({ programEntry, grounds: 3, manifests: [manifest] }));

interface Manifest {
  kind: string;
  metadata: { name: string; namespace?: string };
}

function rbac(kind: string): Resource<Manifest> {
  const plural = `${kind.toLowerCase()}s`;
  return { group: "rbac.authorization.k8s.io", version: "v1", plural, kind, namespaced: true };
}

/** What the file says to do for a further namespace: the Role and the RoleBinding of kube-system, there. */
async function grantIn({ person, namespace }: Stage): Promise<void> {
  const file = join(root, "deploy/operarii/kube-prometheus-stack/KubeDaemonSetRolloutStuck", manifest);
  const all = parseAllDocuments(readFileSync(file, "utf8")).map((document) => document.toJS() as Manifest);
  for (const each of all.filter(({ metadata }) => metadata.namespace === "kube-system"))
    await person.create(rbac(each.kind), { ...each, metadata: { ...each.metadata, namespace } });
}

async function heal(stage: Stage, flags: readonly string[] = []) {
  const healing = await startHeal(stage, { entry: programEntry, flags });
  const { code, stdout, stderr } = await healing.ended;
  const writes = (await writesOn(stage)).map(({ words }) => words);
  return { code, output: `${stdout}${stderr}`, verdict: healing.receipt()?.verdict, writes };
}

const on = (id: string, play: (stage: Stage) => Promise<void>): Promise<void> =>
  playground.grounds().on(id, async (stage) => {
    await grantIn(stage);
    await createAgent(stage);
    await play(stage);
  });

describe(manifest, () => {
  it.concurrent("repairs one pod, and says what it could not see", () =>
    on("ns-one", async (stage) => {
      await crashOnN4(stage, "crashonce");
      const { code, output, writes } = await heal(stage);
      expect(code, output).toBe(0);
      expect(output).toMatch(
        /guard CommonCause: Whether other DaemonSets fell ill .* cannot be read with these rights/,
      );
      expect(writes).toEqual(["delete pod on n4"]);
      await untilRolledOut(stage, "app:ok-2");
    }));

  it.concurrent("not a second pod, whatever the first has shown", () =>
    on("ns-two", async (stage) => {
      await degradeAll(stage);
      const { code, output, verdict, writes } = await heal(stage);
      expect(code, output).toBe(1);
      expect(verdict, output).toMatchObject({ reason: "NotEvaluated" });
      expect(verdict?.message).toContain("the other DaemonSets");
      expect(writes).toEqual(["delete pod on n1"]);
    }));

  it.concurrent("no template, even under rollback auto", () =>
    on("ns-template", async (stage) => {
      await pullFails(stage, "app:bad-2");
      const { code, output, writes } = await heal(stage, ["--rollback", "auto"]);
      expect(code, output).toBe(4);
      expect(output).toContain("kubectl rollout undo");
      expect(writes).toEqual([]);
    }));
});

it("is refused nothing but a look at what lies outside of the namespace", async () => {
  const refused = requestsBy(healerUser, await playground.cluster().audit())
    .filter(({ responseStatus }) => responseStatus?.code === 403)
    .map(({ verb, objectRef }) =>
      `${verb} ${objectRef?.resource} ${objectRef?.name ?? objectRef?.namespace ?? ""}`.trim(),
    );
  // The last one is how a program that was not told finds out where the installation is.
  const known = ["list pods", "list daemonsets", "get namespaces openfero"];
  expect(refused.filter((request) => !known.includes(request))).toEqual([]);
  expect(refused).toEqual(expect.arrayContaining(["list pods", "list daemonsets"]));
});
