/** What kubectl prints: tables, describe, logs, rollout status. */
import { expect } from "vitest";
import { daemonSets, pods } from "../../../src/kube/resources.ts";
import type { Bench, Case } from "../case.ts";
import { aDaemonSet, idlePod, podsOf, setImage, settledDaemonSet, untilStatus } from "../objects.ts";

/** The words of every line; columns are more than one blank apart. */
function cells(text: string): string[][] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => line.trim().split(/ {2,}/));
}

async function table(bench: Bench, ...args: string[]): Promise<string[][]> {
  return cells(await bench.kubectl(["get", ...args]));
}

const age = expect.stringMatching(/^\d+[smh]/) as string;

export const kubectlCases: readonly Case[] = [
  {
    name: "kubectl get daemonsets, plain and wide",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      const selector = `operarius.test/ground=${bench.namespace}`;
      expect(await table(bench, "ds")).toEqual([
        ["NAME", "DESIRED", "CURRENT", "READY", "UP-TO-DATE", "AVAILABLE", "NODE SELECTOR", "AGE"],
        ["agent", "1", "1", "1", "1", "1", selector, age],
      ]);
      expect(await table(bench, "ds", "-o", "wide")).toEqual([
        [
          "NAME",
          "DESIRED",
          "CURRENT",
          "READY",
          "UP-TO-DATE",
          "AVAILABLE",
          "NODE SELECTOR",
          "AGE",
          "CONTAINERS",
          "IMAGES",
          "SELECTOR",
        ],
        ["agent", "1", "1", "1", "1", "1", selector, age, "main", "app:ok-1", "app=agent"],
      ]);
    },
  },
  {
    name: "kubectl get pods: what the STATUS column says of pods in trouble",
    nodes: 2,
    async run(bench) {
      await bench.kube.create(pods, idlePod(bench, "idle"));
      for (const image of ["app:bad-1", "app:crash-1", "app:notready-1"]) {
        const [, name = ""] = image.split(":");
        await bench.kube.create(daemonSets, aDaemonSet(bench, { name, image }));
      }
      const find = (rows: string[][], name: string) => rows.find(([first]) => first?.startsWith(name))?.slice(1, 4);
      await bench.until("all have shown their trouble", async () => {
        const rows = await table(bench, "pods");
        return (
          find(rows, "bad-1-")?.[1] === "ImagePullBackOff" &&
          find(rows, "crash-1-")?.[1] === "CrashLoopBackOff" &&
          find(rows, "notready-1-")?.[1] === "Running"
        );
      });
      const rows = await table(bench, "pods");
      expect(rows[0]).toEqual(["NAME", "READY", "STATUS", "RESTARTS", "AGE"]);
      expect(find(rows, "idle")).toEqual(["0/1", "Pending", "0"]);
      expect(find(rows, "notready-1-")).toEqual(["0/1", "Running", "0"]);
      expect(find(rows, "crash-1-")?.[2]).toMatch(/^\d+ \(\d+s ago\)$/);
      const wide = await table(bench, "pods", "-o", "wide");
      expect(wide[0]).toEqual([
        "NAME",
        "READY",
        "STATUS",
        "RESTARTS",
        "AGE",
        "IP",
        "NODE",
        "NOMINATED NODE",
        "READINESS GATES",
      ]);
    },
  },
  {
    name: "kubectl get nodes, jobs, events, controllerrevisions, namespaces: their columns",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      await bench.kubectl(["create", "configmap", "one"]);
      await bench.kubectl(["create", "job", "work", "--image=app:exit-0"]);
      const head = async (...args: string[]) => (await table(bench, ...args))[0];
      expect(await head("nodes")).toEqual(["NAME", "STATUS", "ROLES", "AGE", "VERSION"]);
      expect(await head("nodes", "-o", "wide")).toEqual([
        "NAME",
        "STATUS",
        "ROLES",
        "AGE",
        "VERSION",
        "INTERNAL-IP",
        "EXTERNAL-IP",
        "OS-IMAGE",
        "KERNEL-VERSION",
        "CONTAINER-RUNTIME",
      ]);
      expect(await head("jobs")).toEqual(["NAME", "STATUS", "COMPLETIONS", "DURATION", "AGE"]);
      expect(await head("events")).toEqual(["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]);
      expect(await head("controllerrevisions")).toEqual(["NAME", "CONTROLLER", "REVISION", "AGE"]);
      expect(await head("namespaces")).toEqual(["NAME", "STATUS", "AGE"]);
      expect(await head("configmaps")).toEqual(["NAME", "DATA", "AGE"]);
      expect(await head("serviceaccounts")).toEqual(["NAME", "AGE"]);
      const [node] = (await table(bench, "node", bench.nodes[0] ?? "")).slice(1);
      expect(node?.slice(1, 3)).toEqual(["Ready", "<none>"]);
      const [, revision] = await table(bench, "controllerrevisions");
      expect(revision?.slice(1, 3)).toEqual(["daemonset.apps/agent", "1"]);
    },
  },
  {
    name: "kubectl get nodes: cordoned and silent nodes",
    nodes: 1,
    async run(bench) {
      const name = bench.nodes[0] ?? "";
      await bench.kubectl(["cordon", name]);
      expect((await table(bench, "node", name))[1]?.[1]).toBe("Ready,SchedulingDisabled");
    },
  },
  {
    name: "kubectl rollout status follows a rollout to its end, and gives up in time",
    nodes: 2,
    async run(bench) {
      await settledDaemonSet(bench);
      await setImage(bench, "app:ok-2");
      const told = await bench.kubectl(["rollout", "status", "ds/agent", "--timeout=40s"]);
      expect(told.trim().split("\n").at(-1)).toBe('daemon set "agent" successfully rolled out');
      await setImage(bench, "app:bad-3");
      await untilStatus(
        bench,
        "one is bad",
        ({ updatedNumberScheduled, numberUnavailable }) => updatedNumberScheduled === 1 && numberUnavailable === 1,
      );
      const { code, stdout, stderr } = await bench.tryKubectl(["rollout", "status", "ds/agent", "--timeout=2s"]);
      expect(code).toBe(1);
      expect(stdout).toContain(
        'Waiting for daemon set "agent" rollout to finish: 1 out of 2 new pods have been updated...',
      );
      expect(stderr).toContain("timed out waiting for the condition");
    },
  },
  {
    name: "kubectl describe names events, conditions and owners",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      const [pod] = await podsOf(bench);
      const ds = await bench.until("the events are described", async () => {
        const text = await bench.kubectl(["describe", "ds", "agent"]);
        return text.includes("SuccessfulCreate") && text;
      });
      expect(ds).toContain("Desired Number of Nodes Scheduled: 1");
      expect(ds).toContain("Number of Nodes Misscheduled: 0");
      expect(ds).toMatch(/Normal +SuccessfulCreate +\S+ +daemonset-controller +Created pod: agent-/);
      const own = await bench.kubectl(["describe", "pod", pod?.metadata.name ?? ""]);
      expect(own).toContain("Controlled By:  DaemonSet/agent");
      expect(own).toMatch(/Normal +Scheduled +\S+ +default-scheduler +Successfully assigned /);
      expect(await bench.kubectl(["describe", "node", bench.nodes[0] ?? ""])).toContain("Non-terminated Pods:");
    },
  },
  {
    name: "kubectl explain, api-resources and diff",
    async run(bench) {
      expect(await bench.kubectl(["explain", "daemonset.spec.updateStrategy.rollingUpdate"])).toContain(
        "maxUnavailable",
      );
      const kinds = await bench.kubectl(["api-resources", "--no-headers"]);
      expect(kinds).toMatch(/^daemonsets +ds +apps\/v1 +true +DaemonSet$/m);
      expect(kinds).toMatch(/^pods +po +v1 +true +Pod$/m);
      await bench.kubectl(["apply", "-f", "-"], { stdin: aDaemonSet(bench) });
      const same = await bench.tryKubectl(["diff", "-f", "-"], { stdin: aDaemonSet(bench) });
      expect([same.code, same.stdout]).toEqual([0, ""]);
      const other = await bench.tryKubectl(["diff", "-f", "-"], { stdin: aDaemonSet(bench, { image: "app:ok-2" }) });
      expect(other.code).toBe(1);
      expect(other.stdout).toContain("+      - image: app:ok-2");
    },
  },
  {
    name: "kubectl apply: a field that is taken out of the manifest goes, one that others added stays",
    async run(bench) {
      await bench.kubectl(["apply", "-f", "-"], { stdin: aDaemonSet(bench, { spec: { minReadySeconds: 5 } }) });
      await bench.kubectl(["label", "ds/agent", "kept=yes"]);
      expect(await bench.kubectl(["apply", "-f", "-"], { stdin: aDaemonSet(bench) })).toContain("configured");
      const { spec, metadata } = await bench.kube.get(daemonSets, { namespace: bench.namespace, name: "agent" });
      expect([spec?.minReadySeconds ?? 0, metadata.labels?.kept]).toEqual([0, "yes"]);
      expect(await bench.kubectl(["apply", "-f", "-"], { stdin: aDaemonSet(bench) })).toContain("unchanged");
    },
  },
];
