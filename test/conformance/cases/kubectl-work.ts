/** What people do with kubectl all day: wait, edit, undo, drain, look at logs. */
import { expect } from "vitest";
import { configMaps, daemonSets, nodes, pods } from "../../../src/kube/resources.ts";
import type { Case } from "../case.ts";
import { aDaemonSet, aJob, podsOf, setImage, settledDaemonSet, untilStatus } from "../objects.ts";
import { agent, makeOne, one } from "../writes.ts";

export const kubectlWorkCases: readonly Case[] = [
  {
    name: "kubectl wait: a condition, a value, a deletion; and what never comes",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      const ready = ["wait", "--for=condition=Ready", "pod", "-l", "app=agent", "--timeout=30s"];
      expect(await bench.kubectl(ready)).toMatch(/^pod\/agent-\w{5} condition met\n$/);
      const value = "--for=jsonpath={.status.numberReady}=1";
      expect(await bench.kubectl(["wait", value, "ds/agent", "--timeout=30s"])).toBe(
        "daemonset.apps/agent condition met\n",
      );
      const vain = await bench.tryKubectl(["wait", "--for=condition=Foo", "ds/agent", "--timeout=1s"]);
      expect([vain.code, vain.stderr]).toEqual([1, "error: timed out waiting for the condition on daemonsets/agent\n"]);
      const [pod] = await podsOf(bench);
      const name = pod?.metadata.name ?? "";
      await bench.kubectl(["delete", "pod", name, "--wait=false"]);
      await bench.kubectl(["wait", "--for=delete", `pod/${name}`, "--timeout=30s"]);
      await expect(bench.kube.get(pods, { namespace: bench.namespace, name })).rejects.toMatchObject({ code: 404 });
    },
  },
  {
    name: "kubectl edit writes what the editor leaves, or nothing",
    async run(bench) {
      await bench.kube.create(daemonSets, aDaemonSet(bench));
      const edit = (editor: string) => bench.tryKubectl(["edit", "ds", "agent"], { env: { KUBE_EDITOR: editor } });
      expect((await edit("sed -i s/ok-1/ok-2/")).stdout).toBe("daemonset.apps/agent edited\n");
      const { metadata, spec } = await bench.kube.get(daemonSets, agent(bench));
      expect([metadata.generation, spec?.template.spec?.containers[0]?.image]).toEqual([2, "app:ok-2"]);
      expect((await edit("true")).stderr).toContain("Edit cancelled, no changes made.");
      const refused = await edit("sed -i s/maxSurge:.0/maxSurge:.1/");
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringContaining('daemonsets.apps "agent" is invalid') as string,
      ]);
    },
  },
  {
    name: "kubectl replace of an object that was read before a change is refused, and unknown fields with it",
    async run(bench) {
      await makeOne(bench);
      const before = JSON.parse(await bench.kubectl(["get", "cm", "one", "-o", "json"])) as object;
      await bench.kubectl(["label", "cm", "one", "a=b"]);
      const stale = await bench.tryKubectl(["replace", "-f", "-"], { stdin: before });
      expect([stale.code, stale.stderr]).toEqual([
        1,
        'Error from server (Conflict): error when replacing "STDIN": Operation cannot be fulfilled on configmaps "one": the object has been modified; please apply your changes to the latest version and try again\n',
      ]);
      const now = JSON.parse(await bench.kubectl(["get", "cm", "one", "-o", "json"])) as object;
      const strict = await bench.tryKubectl(["replace", "-f", "-"], { stdin: { ...now, foo: 1 } });
      expect(strict.stderr).toContain('strict decoding error: unknown field "foo"');
      const warned = await bench.tryKubectl(["replace", "--validate=warn", "-f", "-"], { stdin: { ...now, foo: 1 } });
      expect([warned.code, warned.stderr]).toEqual([0, 'Warning: unknown field "foo"\n']);
      expect(await bench.kube.get(configMaps, one(bench))).not.toHaveProperty("foo");
    },
  },
  {
    name: "kubectl label and annotate: what is there needs --overwrite, a version is a precondition",
    async run(bench) {
      await makeOne(bench);
      const label = (...args: string[]) => bench.tryKubectl(["label", "cm", "one", ...args]);
      expect((await label("a=b")).stdout).toBe("configmap/one labeled\n");
      expect((await label("a=c")).stderr).toContain("'a' already has a value (b), and --overwrite is false");
      expect((await label("a=c", "--overwrite")).code).toBe(0);
      const stale = await label("a=d", "--overwrite", "--resource-version=1");
      expect([stale.code, stale.stderr]).toEqual([
        1,
        expect.stringContaining("the object has been modified") as string,
      ]);
      expect((await label("a-")).stdout).toBe("configmap/one unlabeled\n");
    },
  },
  {
    name: "kubectl set env, set resources: quantities as they were given",
    async run(bench) {
      await bench.kube.create(daemonSets, aDaemonSet(bench));
      await bench.kubectl(["set", "env", "ds/agent", "A=b"]);
      await bench.kubectl(["set", "resources", "ds/agent", "--requests=cpu=100m,memory=1Mi"]);
      const { spec, metadata } = await bench.kube.get(daemonSets, agent(bench));
      const container = spec?.template.spec?.containers[0];
      expect([container?.env, container?.resources]).toEqual([
        [{ name: "A", value: "b" }],
        { requests: { cpu: "100m", memory: "1Mi" } },
      ]);
      expect(metadata.generation).toBe(3);
    },
  },
  {
    name: "a revision is written as kubectl compares it; unknown revisions, pausing and scaling are refused",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      await setImage(bench, "app:ok-2");
      await untilStatus(bench, "rolled out", ({ updatedNumberScheduled }) => updatedNumberScheduled === 1);
      // `undo` skips what is there already when the texts are equal: Go writes the fields of a map in order.
      const path = `/apis/apps/v1/namespaces/${bench.namespace}/controllerrevisions`;
      expect((await bench.http({ path })).text).toContain(
        '"data":{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"app":"agent"}},"spec":{"containers":[{"image":"app:ok-',
      );
      const told = async (...args: string[]) => (await bench.tryKubectl(args)).stderr;
      expect(await told("rollout", "undo", "ds/agent", "--to-revision=9")).toBe(
        "error: unable to find specified revision 9 in history\n",
      );
      expect(await told("rollout", "pause", "ds/agent")).toBe(
        'error: daemonsets.apps "agent" pausing is not supported\n',
      );
      expect(await told("scale", "ds", "agent", "--replicas=2")).toContain(
        "the server could not find the requested resource",
      );
    },
  },
  {
    name: "a change cause is told in the history",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      await bench.kubectl(["annotate", "ds", "agent", "kubernetes.io/change-cause=second"]);
      await setImage(bench, "app:ok-2");
      await untilStatus(bench, "rolled out", ({ updatedNumberScheduled }) => updatedNumberScheduled === 1);
      const lines = (await bench.kubectl(["rollout", "history", "ds/agent"])).trim().split("\n");
      expect(lines.at(-1)?.trim().split(/\s+/)).toEqual(["2", "second"]);
    },
  },
  {
    name: "kubectl logs: of a container that there is not, of a former one, the last lines",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      const logs = (...args: string[]) => bench.tryKubectl(["logs", "ds/agent", ...args]);
      expect((await logs("--tail=1")).stdout.trimEnd().split("\n")).toHaveLength(1);
      const [pod] = await podsOf(bench);
      const name = pod?.metadata.name ?? "";
      expect((await bench.tryKubectl(["logs", name, "-c", "nope"])).stderr).toContain(
        `container nope is not valid for pod ${name}`,
      );
      expect((await bench.tryKubectl(["logs", name, "--previous"])).stderr).toContain("previous terminated container");
      expect((await bench.tryKubectl(["logs", "nope"])).stderr).toContain('pods "nope" not found');
    },
  },
  {
    name: "kubectl taint, cordon, drain and uncordon",
    nodes: 1,
    async run(bench) {
      await settledDaemonSet(bench);
      const [node = ""] = bench.nodes;
      const overrides = JSON.stringify({ spec: { nodeName: node, terminationGracePeriodSeconds: 1 } });
      await bench.kubectl(["run", "free", "--image=app:ok-1", `--overrides=${overrides}`]);
      await bench.kubectl(["taint", "node", node, "k=v:NoSchedule"]);
      const again = await bench.tryKubectl(["taint", "node", node, "k=w:NoSchedule"]);
      expect(again.stderr).toContain(
        `node ${node} already has k taint(s) with same effect(s) and --overwrite is false`,
      );
      await bench.kubectl(["taint", "node", node, "k-"]);
      const refused = await bench.tryKubectl(["drain", node]);
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringContaining("cannot delete DaemonSet-managed Pods (use --ignore-daemonsets to ignore)") as string,
      ]);
      const drained = await bench.kubectl(["drain", node, "--ignore-daemonsets", "--force", "--timeout=50s"]);
      expect(drained).toContain(`node/${node} drained`);
      expect(await podsOf(bench)).toHaveLength(1);
      const fieldSelector = "metadata.name=free";
      expect((await bench.kube.list(pods, { namespace: bench.namespace, fieldSelector })).items).toEqual([]);
      expect((await bench.kube.get(nodes, { name: node })).spec?.unschedulable).toBe(true);
      await bench.kubectl(["uncordon", node]);
      expect((await bench.kube.get(nodes, { name: node })).spec?.unschedulable).toBeUndefined();
    },
  },
  {
    name: "kubectl get -w tells what changes until its time is over",
    async run(bench) {
      await makeOne(bench);
      const watching = bench.tryKubectl(["get", "cm", "one", "-w", "--output-watch-events", "--request-timeout=6s"]);
      await bench.until("the watch has begun and the change is made", async () => {
        const { data } = await bench.kube.get(configMaps, one(bench));
        const next = { [`k${Object.keys(data ?? {}).length}`]: "x" };
        await bench.kube.patch(configMaps, one(bench), { type: "merge", body: { data: next } });
        return Object.keys(data ?? {}).length > 8;
      });
      const lines = (await watching).stdout.trim().split("\n");
      expect(lines[0]?.split(/\s+/)).toEqual(["EVENT", "NAME", "DATA", "AGE"]);
      expect(lines[1]).toMatch(/^ADDED\s+one\s/);
      expect(lines.slice(2).every((line) => line.startsWith("MODIFIED"))).toBe(true);
    },
  },
  {
    name: "kubectl auth can-i --list names the rules of everyone, and one's own",
    async run(bench) {
      const who = `system:serviceaccount:${bench.namespace}:default`;
      await bench.kubectl(["create", "role", "reader", "--verb=get,list", "--resource=pods,daemonsets"]);
      await bench.kubectl([
        "create",
        "rolebinding",
        "reader",
        "--role=reader",
        `--serviceaccount=${bench.namespace}:default`,
      ]);
      const rows = async () =>
        (await bench.kubectl(["auth", "can-i", "--list", "--as", who]))
          .trimEnd()
          .split("\n")
          .map((line) => line.trim().replace(/\s+/g, " "));
      await bench.until("the role is known", async () => (await rows()).includes("pods [] [] [get list]"));
      const all = await rows();
      expect(all).toContain("daemonsets.apps [] [] [get list]");
      expect(all).toContain("selfsubjectreviews.authentication.k8s.io [] [] [create]");
      expect(all.filter((row) => row === "[/healthz] [] [get]")).toHaveLength(2);
    },
  },
  {
    name: "a Job that cannot be: modes, policies, selectors that are not its own",
    async run(bench) {
      const told = async (spec: object) => {
        const path = `/apis/batch/v1/namespaces/${bench.namespace}/jobs?dryRun=All`;
        return (await bench.http({ method: "POST", path, body: aJob(bench, 0, spec) })).body.message;
      };
      expect(await told({ completionMode: "X" })).toBe(
        'Job.batch "work" is invalid: spec.completionMode: Unsupported value: "X": supported values: "NonIndexed", "Indexed"',
      );
      expect(await told({ podReplacementPolicy: "Z" })).toContain(
        'spec.podReplacementPolicy: Unsupported value: "Z": supported values: "Failed", "TerminatingOrFailed"',
      );
      expect(await told({ selector: { matchLabels: { a: "b" } } })).toContain("`selector` not auto-generated");
      const always = aJob(bench, 0);
      if (always.spec?.template.spec !== undefined) always.spec.template.spec.restartPolicy = "Always";
      const path = `/apis/batch/v1/namespaces/${bench.namespace}/jobs`;
      expect((await bench.http({ method: "POST", path, body: always })).body.message).toBe(
        'Job.batch "work" is invalid: spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
      );
    },
  },
];
