/** Departures 3 and 4: what an alert is about, and one live remediation of it at most. */
import { expect } from "vitest";
import { jobs } from "../../../src/kube/resources.ts";
import type { Case } from "../case.ts";
import type { AlertParts } from "../delivery.ts";
import { deliveryOf, firing } from "../delivery.ts";
import { allEnded, containersOf, create, jobOf, jobsOf, namespace, recordsOf, variablesOf } from "../operarius.ts";

/** Labels that kube-state-metrics adds about itself. */
const exporter = (suffix: string) => ({
  pod: `kube-state-metrics-${suffix}`,
  instance: `10.0.0.${suffix.length}:8080`,
  container: "kube-state-metrics",
  endpoint: "http",
  job: "kube-state-metrics",
  service: "kps-kube-state-metrics",
});

/** Runs until somebody ends it. */
const endless = { image: "app:ok-1" };

/** Labels of an alert, and the target that follows from them. */
const rules: readonly { labels: Readonly<Record<string, string>>; target: RegExp }[] = [
  { labels: { daemonset: "d", deployment: "e", pod: "p", namespace: "n" }, target: /^DaemonSet n\/d$/ },
  { labels: { deployment: "d", pod: "p", namespace: "n" }, target: /^Deployment n\/d$/ },
  { labels: { statefulset: "s", namespace: "n" }, target: /^StatefulSet n\/s$/ },
  { labels: { cronjob: "c", namespace: "n" }, target: /^CronJob n\/c$/ },
  { labels: { job_name: "j", namespace: "n" }, target: /^Job n\/j$/ },
  { labels: { horizontalpodautoscaler: "h", namespace: "n" }, target: /^HorizontalPodAutoscaler n\/h$/ },
  { labels: { persistentvolumeclaim: "v", namespace: "n" }, target: /^PersistentVolumeClaim n\/v$/ },
  { labels: { node: "w", namespace: "n" }, target: /^Node \/w$/ },
  { labels: { pod: "p", namespace: "n" }, target: /^Pod n\/p$/ },
  { labels: { ...exporter("x"), namespace: "n" }, target: /^Alert n\/[0-9a-z]{16}$/ },
  { labels: { pod: "p", container: "kube-rbac-proxy-main" }, target: /^Alert \/[0-9a-z]{16}$/ },
  { labels: { daemonset: "d", namespace: "monitoring", exported_namespace: "real" }, target: /^DaemonSet real\/d$/ },
];

export const targetDepartures: readonly Case[] = [
  {
    title: "3.3 the target follows from the labels, and is never an exporter's own pod",
    async run({ kube, open }) {
      const alertnames = rules.map((_, index) => `Target${index}`);
      await Promise.all(alertnames.map((alertname) => create(kube, alertname.toLowerCase(), { alertname })));
      // Each has a cluster of its own: here they must not meet one another, only be named.
      const members = rules.map(({ labels }, index) => ({
        labels: { ...labels, alertname: `Target${index}`, cluster: `cluster-${index}` },
      }));
      await open.deliver(deliveryOf(members));
      for (const [index, { target }] of rules.entries()) {
        const [record] = await recordsOf(kube, `Target${index}`);
        const { kind, namespace: place, name } = record?.spec.target ?? { kind: "", namespace: "", name: "" };
        expect(`${kind} ${place}/${name}`).toMatch(target);
      }
    },
  },
  {
    title: "3.3 another exporter pod, fingerprint, startsAt, group and severity are the same target",
    async run({ kube, open, seen }) {
      const window = { spec: { deduplication: { enabled: true, ttl: 3600 } } };
      await create(kube, "moved", { alertname: "Moved", ...window });
      await create(kube, "moved-alert", { alertname: "MovedAlert", ...window });
      const deliver = async (alertname: string, suffix: string, own: object): Promise<void> => {
        const labels = { alertname, namespace: "moved", ...exporter(suffix), severity: suffix, ...own };
        const member: AlertParts = {
          labels,
          fingerprint: `f${suffix}`,
          startsAt: `2026-01-1${suffix.length}T00:00:00Z`,
        };
        await open.deliver(deliveryOf([member], { groupKey: `group ${suffix}`, receiver: suffix }));
      };
      for (const suffix of ["a", "bb", "ccc"]) {
        await deliver("Moved", suffix, { daemonset: "agent" });
        await deliver("MovedAlert", suffix, {});
      }
      await allEnded(seen, "Moved");
      await allEnded(seen, "MovedAlert");
      expect(await jobsOf(kube, "moved")).toHaveLength(1);
      expect(await jobsOf(kube, "moved-alert")).toHaveLength(1);
    },
  },
  {
    title: "3.3 OPENFERO_NAMESPACE is the namespace that the alert is about, OPENFERO_LABEL_NAMESPACE the raw label",
    async run({ kube, open, seen }) {
      await create(kube, "exported", { alertname: "Exported" });
      await open.deliver(firing("Exported", { namespace: "monitoring", exported_namespace: "real", daemonset: "x" }));
      expect(variablesOf(containersOf(await jobOf(seen, "exported"))[0])).toMatchObject({
        OPENFERO_NAMESPACE: "real",
        OPENFERO_LABEL_NAMESPACE: "monitoring",
        OPENFERO_EXPORTED_NAMESPACE: "real",
      });
    },
  },
  {
    title: "3.3 spec.target of the Operarius overrides what the labels say",
    async run({ kube, open }) {
      const spec = { target: { kind: "Disk", nameFrom: "device" } };
      await create(kube, "override", { alertname: "Override", spec });
      const labels = { daemonset: "d", namespace: "override" };
      await open.deliver(firing("Override", { ...labels, device: "sda" }));
      await open.deliver(firing("Override", { ...labels, device: "sdb" }));
      const targets = (await recordsOf(kube, "Override")).map(
        ({ spec: { target } }) => `${target.kind} ${target.name}`,
      );
      expect(targets.sort()).toEqual(["Disk sda", "Disk sdb"]);
    },
  },
  {
    title: "3.4 while one Operarius repairs a target no other one does, whichever replica hears of it",
    async run({ kube, open, basic, bearer, seen }) {
      await create(kube, "live-first", { alertname: "LiveFirst", container: endless });
      await create(kube, "live-second", { alertname: "LiveSecond" });
      const labels = { namespace: "live", daemonset: "agent" };
      await open.deliver(firing("LiveFirst", labels, { receiver: "one" }));
      const job = await jobOf(seen, "live-first");
      for (const api of [open, basic, bearer]) {
        await api.deliver(firing("LiveSecond", labels, { receiver: "two" }));
        await api.deliver(firing("LiveFirst", { ...labels, instance: "other" }, { receiver: "three" }));
      }
      expect(await recordsOf(kube, "LiveFirst")).toHaveLength(1);
      expect(await recordsOf(kube, "LiveSecond")).toEqual([]);
      const { name } = job.metadata;
      await kube.delete(jobs, { namespace, name }, { propagationPolicy: "Background" });
      await allEnded(seen, "LiveFirst");
      await basic.deliver(firing("LiveSecond", labels));
      await jobOf(seen, "live-second");
      expect(await jobsOf(kube, "live-first")).toEqual([]);
    },
  },
  {
    title: "3.4 one alert by two receivers to three replicas at once: one remediation, one Job",
    async run({ kube, open, basic, bearer, seen }) {
      const spec = { deduplication: { enabled: true, ttl: 3600 } };
      await create(kube, "replicas", { alertname: "Replicas", spec });
      const deliveries = [open, basic, bearer].flatMap((api) =>
        ["one", "two"].map((receiver) => api.deliver(firing("Replicas", {}, { receiver, groupKey: receiver }))),
      );
      await Promise.all(deliveries);
      await allEnded(seen, "Replicas");
      expect(await jobsOf(kube, "replicas")).toHaveLength(1);
    },
  },
];
