/** What a run leaves behind: its receipt beside the record, and no secret anywhere. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { install } from "../../sandbox/bootstrap/install.ts";
import { readManifests } from "../../sandbox/bootstrap/objects.ts";
import type { TerminationMessage } from "../../src/engine/termination.ts";
import { isNotFound } from "../../src/kube/errors.ts";
import { daemonSets, events, serviceAccounts } from "../../src/kube/resources.ts";
import type { Live, Resource } from "../../src/kube/types.ts";
import type { ReceiptResource } from "../../src/operarius/receipt-resource.ts";
import { receipts } from "../../src/operarius/receipt-resource.ts";
import { remediations } from "../../src/operarius/remediation.ts";
import { pullFails } from "../scenarios/daemonset-rollout/refusals.ts";
import { alertLabels } from "../scenarios/decoys.ts";
import type { HealOptions } from "../scenarios/heal.ts";
import { expectReplay, startHeal } from "../scenarios/heal.ts";
import { withCluster } from "../scenarios/play.ts";
import { recordFor } from "../scenarios/record.ts";
import type { Stage } from "../scenarios/stage.ts";
import { createAgent, setImage, untilPod } from "../scenarios/stage.ts";
import { healer } from "../support/cluster.ts";
import { operariusFolder } from "../support/operarius-folder.ts";
import { runProgram } from "../support/program.ts";
import { startSandboxCluster } from "../support/sandbox-cluster.ts";
import type { Server } from "../support/serve.ts";
import { startServe } from "../support/serve.ts";
import { until } from "../support/until.ts";

const programEntry = inject("programEntry");
const playground = withCluster(() =>
  startSandboxCluster({ programEntry, grounds: 4, manifests: ["rbac.yaml", "operarius.yaml"] }),
);
const on = (id: string, play: (stage: Stage) => Promise<void>): Promise<void> => playground.grounds().on(id, play);
const account = { namespace: "openfero", name: "operarius" };
const secret = "Zx9kQ2mW7pL4T";
let server: Server | undefined;

beforeAll(async () => {
  const cluster = playground.cluster();
  await install(cluster.person, readManifests(join(operariusFolder, "../../../kustomize/rbac.yaml")));
  const { kubeconfig } = await cluster.account(account.namespace, account.name);
  server = await startServe({ entry: programEntry, kubeconfig, home: cluster.scratch() });
});

afterAll(async () => {
  if (server !== undefined) expect(await server.stop()).toBe(0);
});

interface Run {
  code: number | undefined;
  output: string;
  file: string;
  message: TerminationMessage;
}

/** As a Job does, with a place for its termination message. */
async function heal(stage: Stage, options: Omit<HealOptions, "entry"> = {}): Promise<Run> {
  const messageFile = join(stage.cluster.scratch(), "termination-log");
  writeFileSync(messageFile, "");
  const env = { ...options.env, KUBERNETES_SERVICE_HOST: "127.0.0.1", OPERARIUS_TERMINATION_MESSAGE_PATH: messageFile };
  const healing = await startHeal(stage, { entry: programEntry, ...options, env });
  const { code, stdout, stderr } = await healing.ended;
  await expectReplay(healing, programEntry);
  const message = JSON.parse(readFileSync(messageFile, "utf8")) as TerminationMessage;
  return { code, output: `${stdout}${stderr}`, file: readFileSync(healing.receiptFile, "utf8"), message };
}

async function receiptsOf(stage: Stage): Promise<Live<ReceiptResource>[]> {
  const { items } = await stage.person.list(receipts, { namespace: healer.namespace });
  return items.filter(({ spec }) => spec.target.name === stage.name);
}

/** `kubectl get receipt NAME -o json | operarius replay -`, by a file. */
async function replayOf(stage: Stage, kept: Live<ReceiptResource>): Promise<string> {
  const file = join(stage.cluster.scratch(), "receipt.json");
  writeFileSync(file, JSON.stringify(kept));
  const { code, stdout, stderr } = await runProgram({ entry: programEntry, args: ["replay", file] });
  expect(code, `${stdout}${stderr}`).toBe(0);
  return stdout;
}

const roles: Resource<{ metadata: { name: string; namespace: string }; rules: { resources: string[] }[] }> = {
  group: "rbac.authorization.k8s.io",
  version: "v1",
  plural: "roles",
  kind: "Role",
  namespaced: true,
};

describe("the receipt of a Job", () => {
  it.concurrent("is kept beside its record, tells the same as the termination message, and goes with the record", () =>
    on("kept", async (stage) => {
      await createAgent(stage);
      await pullFails(stage, "app:bad-2");
      const record = await recordFor(stage);
      const env = { ...record, OPERARIUS_ATTEMPT: "1" };
      const { code, output, message } = await heal(stage, { flags: ["--rollback", "auto"], env });
      expect(code, output).toBe(0);
      const [kept, ...others] = await receiptsOf(stage);
      if (kept === undefined) throw new Error(`no receipt was kept:\n${output}`);
      expect(others).toEqual([]);
      expect(kept.metadata.name).toBe(`${record.OPERARIUS_REMEDIATION}-1`);
      expect(message).toMatchObject({ receipt: kept.metadata.name, receiptDigest: kept.spec.digest });
      expect(kept.spec).toMatchObject({ verdict: "recovered", cause: "C01", attempt: 1 });
      expect(output).toContain(`kubectl get receipt ${kept.metadata.name} -n openfero -o json | operarius replay -`);
      const replayed = await replayOf(stage, kept);
      expect(replayed).toContain(`${stage.namespace}/${stage.name}`);
      await stage.person.delete(remediations, {
        namespace: healer.namespace,
        name: record.OPERARIUS_REMEDIATION ?? "",
      });
      await until("the receipt to be collected", () =>
        stage.person.get(receipts, { namespace: healer.namespace, name: kept.metadata.name }).then(
          () => false,
          (error: unknown) => isNotFound(error),
        ),
      );
    }));

  it.concurrent("is named by the attempt on the record when our server started the Job", () =>
    on("served", async (stage) => {
      await createAgent(stage);
      await pullFails(stage, "app:bad-2");
      const labels = alertLabels(stage);
      const alert = { status: "firing", labels, annotations: {}, startsAt: new Date().toISOString() };
      const hook = { version: "4", groupKey: "g", status: "firing", receiver: "operarius", alerts: [alert] };
      expect(await server?.post(JSON.stringify(hook))).toMatchObject({ code: 200 });
      const record = await until("an attempt with its receipt", async () => {
        const { items } = await stage.person.list(remediations, { namespace: healer.namespace });
        return items.find(({ spec, status }) => spec.target.name === stage.name && status?.attempts?.[0]?.receipt);
      });
      const name = record.status?.attempts?.[0]?.receipt ?? "";
      const kept = await stage.person.get(receipts, { namespace: healer.namespace, name });
      expect(kept.metadata.ownerReferences).toMatchObject([{ kind: "Remediation", uid: record.metadata.uid }]);
      expect(kept.spec).toMatchObject({ verdict: record.status?.attempts?.[0]?.verdict, cause: record.status?.cause });
      await replayOf(stage, kept);
    }));

  it.concurrent("is not made on a person's command line", () =>
    on("by-hand", async (stage) => {
      await createAgent(stage);
      const { message } = await heal(stage, { flags: ["--soak", "0s"] });
      expect(message.receiptDigest).toMatch(/^[0-9a-f]{64}$/);
      expect(message).not.toHaveProperty("receipt");
      expect(await receiptsOf(stage)).toEqual([]);
    }));
});

describe("secrets", () => {
  it.concurrent("in variables, arguments and in what is logged are in nothing that a run leaves", () =>
    on("secrets", async (stage) => {
      await createAgent(stage, {
        container: { env: [{ name: "DB_PASSWORD", value: secret }], args: [`--pin=${secret}`, secret] },
        ownAnnotations: { "example.com/registry": `https://robot:${secret}@registry.example.com` },
      });
      await setImage(stage, "app:crash-2");
      await untilPod(stage, "a pod in CrashLoopBackOff", ({ waiting }) => waiting === "CrashLoopBackOff");
      const env = { ...(await recordFor(stage)), OPERARIUS_ATTEMPT: "1", OPENFERO_NOTE: `password=${secret}` };
      const flags = ["--rollback", "auto", "--log-excerpts", "5"];
      const { code, output, file, message } = await heal(stage, { flags, env });
      expect(code, output).toBe(0);
      // The shipped rights do not reach the logs: that is said, and hinders nothing.
      expect(output).toMatch(/log of agent-\S+, container agent: not evaluated: these rights do not include pods\/log/);
      const [kept] = await receiptsOf(stage);
      const { items } = await stage.person.list(events, { namespace: stage.namespace });
      const own = items.filter(({ source }) => source?.component === "operarius");
      expect(own.length).toBeGreaterThan(0);
      if (kept === undefined) throw new Error("no receipt was kept");
      const left = [
        output,
        file,
        JSON.stringify(message),
        JSON.stringify(own),
        JSON.stringify(kept),
        await replayOf(stage, kept),
      ];
      expect(left.filter((text) => text.includes(secret))).toEqual([]);
      const { spec } = await stage.person.get(daemonSets, { namespace: stage.namespace, name: stage.name });
      expect(JSON.stringify(spec)).toContain(secret);
    }));
});

// Last and alone: it takes a right from every Job.
describe("without the right to keep receipts", () => {
  it("the repair is the same, and its output and termination message say so", () =>
    on("refused", async (stage) => {
      await createAgent(stage);
      await pullFails(stage, "app:bad-2");
      const ref = { namespace: healer.namespace, name: healer.name };
      await stage.person.get(serviceAccounts, ref);
      const { rules } = await stage.person.get(roles, ref);
      const body = { rules: rules.filter(({ resources }) => !resources.includes("receipts")) };
      await stage.person.patch(roles, ref, { type: "merge", body });
      try {
        const env = { ...(await recordFor(stage)), OPERARIUS_ATTEMPT: "1" };
        const { code, output, message } = await heal(stage, { flags: ["--rollback", "auto"], env });
        expect(code, output).toBe(0);
        expect(output).toMatch(/the receipt could not be kept \(the repair does not depend on it\): .*forbidden/i);
        expect(message).toMatchObject({ verdict: "recovered", receiptProblem: expect.stringMatching(/forbidden/i) });
        expect(await receiptsOf(stage)).toEqual([]);
      } finally {
        await stage.person.patch(roles, ref, { type: "merge", body: { rules } });
      }
    }));
});
