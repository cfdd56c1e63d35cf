/** 20-24, 27: what the Job is made of. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Container } from "kubernetes-types/core/v1";
import { expect } from "vitest";
import { install } from "../../../sandbox/bootstrap/install.ts";
import { readManifests } from "../../../sandbox/bootstrap/objects.ts";
import type { Case } from "../case.ts";
import { deliveryOf, firing } from "../delivery.ts";
import { allEnded, containersOf, create, jobOf, jobsOf, statusOf, variablesOf } from "../operarius.ts";
import { runContainer } from "../run-container.ts";

/** One of the examples beside the cases. */
export function example(file: string) {
  return readManifests(join(fileURLToPath(new URL("../operarii", import.meta.url)), file));
}

const groupKey = '{}/{}:{alertname="KubeDaemonSetRolloutStuck"}';

/** Containers that no alert can fill, by the part of the reason that names the fault. */
const faulty: Readonly<Record<string, { container: Partial<Container>; says: RegExp }>> = {
  "c23-malformed": { container: { args: ["{{ .Alert.Labels.namespace"] }, says: /args\[0\].*never closed/ },
  "c23-missing": { container: { args: ["ok", "{{ .Alert.Labels.absent }}"] }, says: /args\[1\].*absent/ },
  "c23-unknown": { container: { env: [{ name: "X", value: "{{ .Alert.Nothing }}" }] }, says: /env\[X\].*Nothing/ },
};

export const jobCases: readonly Case[] = [
  {
    title: "20 the Job has its labels, its variables and its rendered command, and its shell says so when it runs",
    async run({ kube, open, scratch, seen }) {
      await create(kube, "c20", {
        alertname: "Case20",
        metadata: { labels: { team: "platform" } },
        container: {
          command: ["sh", "-c", 'echo "$OPENFERO_NODE_NAME {{ .Alert.Labels.zone }} $OPENFERO_ALERTNAME"'],
        },
      });
      const labels = { "node-name": "worker 1", zone: "eu; touch evil" };
      await open.deliver(firing("Case20", labels, { groupKey }));
      const job = await jobOf(seen, "c20");
      expect(job.metadata.name).toMatch(/^c20-/);
      expect(job.metadata.labels).toMatchObject({
        team: "platform",
        "openfero.io/operarius": "c20",
        "openfero.io/alert": "Case20",
        "openfero.io/group-key": "g3c63djvwik9fy",
        "openfero.io/managed-by": "openfero",
        "openfero.io/status": "firing",
      });
      const [container] = containersOf(job);
      expect(variablesOf(container)).toMatchObject({
        OPENFERO_ALERTNAME: "Case20",
        OPENFERO_NODE_NAME: "worker 1",
        OPENFERO_ZONE: "eu; touch evil",
      });
      const output = await runContainer(job, container, { cwd: scratch() });
      expect(output).toBe("worker 1 eu; touch evil Case20\n");
    },
  },
  {
    title: "20 every path of the templates is filled",
    async run({ kube, open, seen }) {
      const paths = [
        "{{ .Alert.Labels.zone }}",
        "{{.Alert.Annotations.summary}}",
        "{{ .Alert.StartsAt }}",
        "{{ .HookMessage.Version }}|{{ .HookMessage.Status }}|{{ .HookMessage.Receiver }}",
        "{{ .HookMessage.GroupLabels.zone }}|{{ .HookMessage.CommonLabels.c }}|{{ .HookMessage.CommonAnnotations.d }}",
        "{{ .HookMessage.ExternalURL }}",
        '{{ .Labels.zone }}|{{ .Annotations.summary }}|{{ index .Labels "zone" }}',
        "{{ .GroupKey }}|{{ .Status }}",
      ];
      await create(kube, "c20-paths", { alertname: "Case20Paths", container: { command: ["echo"], args: paths } });
      const member = { labels: { alertname: "Case20Paths", zone: "z" }, annotations: { summary: "s" } };
      const envelope = { groupLabels: { zone: "g" }, commonLabels: { c: "C" }, commonAnnotations: { d: "D" } };
      await open.deliver(deliveryOf([member], envelope));
      expect(containersOf(await jobOf(seen, "c20-paths"))[0]?.args).toEqual([
        "z",
        "s",
        "2026-01-15T08:30:00.000Z",
        "4|firing|openfero",
        "g|C|D",
        "http://alertmanager.example.com:9093",
        "z|s|z",
        "test-group|firing",
      ]);
    },
  },
  {
    title: "21 and 22 arguments are rendered, static ones, several containers, init containers and volumes are kept",
    async run({ kube, open, scratch, seen }) {
      await install(kube, example("clean-disk.yaml"));
      const labels = { device: "sda1", node_name: "worker-2" };
      await open.deliver(firing("DiskAlmostFull", labels, { groupKey: '{}:{namespace="kube-system"}' }));
      const job = await jobOf(seen, "clean-disk");
      const [prepare, clean, report, ...others] = containersOf(job);
      expect(others).toEqual([]);
      expect(prepare).toMatchObject({
        name: "prepare",
        command: ["sh", "-c", "echo preparing for $OPENFERO_DEVICE > /scratch/device"],
        volumeMounts: [{ name: "work", mountPath: "/scratch" }],
      });
      expect(clean).toMatchObject({ image: "alpine:3.20", args: ["echo cleaning sda1 of worker-2"] });
      expect(report?.args).toEqual([
        "--data",
        '{"text": "cleaned", "tags": ["disk", {"level": 1}]}',
        "--header",
        'X-Group: {}:{namespace="kube-system"}',
        "https://hooks.example.com/T0/B0",
      ]);
      expect(job.spec?.template.spec?.volumes).toEqual([{ name: "work", emptyDir: {} }]);
      expect(job.spec?.template.metadata?.annotations).toMatchObject({ "example.com/inject": "false" });
      expect(job.metadata.annotations).toMatchObject({ "example.com/owner": "storage team" });
      expect(job.metadata.labels).toMatchObject({ "openfero.io/group-key": "ga9826h7y1vba" });
      for (const each of containersOf(job))
        expect(variablesOf(each), each.name).toMatchObject({ OPENFERO_DEVICE: "sda1" });
      expect(await runContainer(job, clean, { cwd: scratch() })).toBe("cleaning sda1 of worker-2\n");
      const [record] = await allEnded(seen, "DiskAlmostFull");
      expect(record?.status?.phase).toBe("Succeeded");
    },
  },
  {
    title: "23 a malformed template, a missing label and an unknown field start no Job, and the reason can be seen",
    async run({ kube, open, seen }) {
      for (const [name, { container, says }] of Object.entries(faulty)) {
        const alertname = `Case23-${name}`;
        await create(kube, name, { alertname, container });
        await open.deliver(firing(alertname, { namespace: "n" }));
        const [record] = await allEnded(seen, alertname);
        expect(record?.status?.phase, name).toBe("Failed");
        expect(record?.status?.message, name).toMatch(says);
        expect(await jobsOf(kube, name), name).toEqual([]);
        expect(await statusOf(kube, name), name).not.toMatchObject({ executionCount: 1 });
      }
    },
  },
  {
    title: "24 special characters and the braces of JSON stay as they are",
    async run({ kube, open, seen }) {
      const args = [
        '{"a": {"b": [1, 2]}}',
        "äöü €  \t\n'\"\\",
        `$HOME \${HOME} \`id\` $$ %s | & ; < > * ?`,
        "}}",
        "{ { x } }",
      ];
      await create(kube, "c24", { alertname: "Case24", container: { command: ["printf", "%s"], args } });
      await open.deliver(firing("Case24"));
      expect(containersOf(await jobOf(seen, "c24"))[0]).toMatchObject({ command: ["printf", "%s"], args });
    },
  },
  {
    title: "27 names have at most 63 characters, do not end in a dash, and differ by target and by Operarius",
    async run({ kube, open, seen }) {
      const long = `c27-${"x".repeat(58)}`;
      const cut = `c27-${"x".repeat(48)}-${"y".repeat(8)}`;
      for (const [index, name] of [long, cut, "c27"].entries()) {
        const alertname = `Case27-${index}`;
        await create(kube, name, { alertname });
        const members = ["a", "b"].map((zone) => ({ labels: { alertname, zone } }));
        await open.deliver(deliveryOf(members));
        await allEnded(seen, alertname, 2);
      }
      const names = (await Promise.all([long, cut, "c27"].map((name) => jobsOf(kube, name)))).flat();
      const all = names.map(({ metadata }) => metadata.name);
      expect(new Set(all).size).toBe(6);
      for (const name of all) {
        expect(name).toMatch(/^c27-?[a-z0-9-]*[a-z0-9]$/);
        expect(name.length).toBeLessThanOrEqual(63);
      }
    },
  },
];
