/** Departures 5, 6, 8, 10 and 12: what a Job is given, how it is named, and what its end means. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { jobs, nodes } from "../../../src/kube/resources.ts";
import { operariuses } from "../../../src/operarius/operarius.ts";
import { until } from "../../support/until.ts";
import type { Case } from "../case.ts";
import { deliveryOf, firing } from "../delivery.ts";
import {
  allEnded,
  containersOf,
  create,
  jobOf,
  jobsOf,
  jobsStarted,
  namespace,
  statusOf,
  variablesOf,
} from "../operarius.ts";
import { runContainer } from "../run-container.ts";

const vile: Readonly<Record<string, string>> = {
  expansion: "$(OPENFERO_SECRET)$(",
  shell: "'\"; touch evil; echo $(touch evil) `touch evil`",
  template: "{{ .Alert.Labels.alertname }}{{",
  lines: "one\ntwo",
  dollars: `$HOME $$ \${HOME}`,
};

/** A shell that prints every value three ways: as a variable, in double quotes, and bare. */
const printing = Object.keys(vile)
  .map((name) => `printf '%s\\n' "$OPENFERO_${name.toUpperCase()}" "{{ .Labels.${name} }}" {{ .Labels.${name} }}`)
  .join("\n");

const faultsAnnotation = "sandbox.operarius.openfero.io/faults";

export const jobDepartures: readonly Case[] = [
  {
    title: "3.5 label values are data: no template, no variable and no shell evaluates them",
    async run({ kube, open, scratch, seen }) {
      await create(kube, "data", {
        alertname: "Data",
        container: {
          command: ["sh", "-c", printing],
          env: [
            { name: "OPENFERO_SECRET", value: "secret" },
            { name: "COPY", value: "<{{ .Labels.expansion }}>" },
          ],
        },
      });
      await open.deliver(firing("Data", vile));
      const job = await jobOf(seen, "data");
      const [container] = containersOf(job);
      expect(variablesOf(container)).toMatchObject({
        OPENFERO_EXPANSION: "$$(OPENFERO_SECRET)$$(",
        OPENFERO_TEMPLATE: vile.template,
        COPY: "<$$(OPENFERO_SECRET)$$(>",
      });
      const cwd = scratch();
      const output = await runContainer(job, container, { cwd });
      expect(output).toBe(
        Object.values(vile)
          .flatMap((value) => [value, value, value])
          .join("\n")
          .concat("\n"),
      );
      expect(existsSync(join(cwd, "evil"))).toBe(false);
    },
  },
  {
    title:
      "3.5 names that are no variables are mangled without collisions, init containers too, the template's own win",
    async run({ kube, open, seen }) {
      const labels = { disk_name: "plain", "disk-name": "dash", "disk.name": "dot", größe: "unicode", team: "label" };
      await create(kube, "mangled", {
        alertname: "Mangled",
        container: { env: [{ name: "OPENFERO_TEAM", value: "template" }] },
        pod: { initContainers: [{ name: "before", image: "busybox:1.36", command: ["true"] }] },
      });
      await open.deliver(firing("Mangled", labels));
      const [before, fix] = containersOf(await jobOf(seen, "mangled"));
      for (const container of [before, fix]) {
        const variables = variablesOf(container);
        expect(variables.OPENFERO_DISK_NAME).toBe("plain");
        for (const value of ["plain", "dash", "dot", "unicode"]) expect(Object.values(variables)).toContain(value);
        for (const name of Object.keys(variables)) expect(name).toMatch(/^[A-Za-z_][A-Za-z0-9_]*$/);
        expect(new Set(container?.env?.map(({ name }) => name)).size).toBe(container?.env?.length);
      }
      expect(variablesOf(before).OPENFERO_TEAM).toBe("label");
      expect(variablesOf(fix).OPENFERO_TEAM).toBe("template");
    },
  },
  {
    title: "3.6 an alert name that is no label value is shortened, and whole in an annotation",
    async run({ kube, open, seen }) {
      const names = { "shortened-long": `Long${"x".repeat(100)}`, "shortened-odd": "Disk almost full: 90 % / now!" };
      for (const [operarius, alertname] of Object.entries(names)) {
        await create(kube, operarius, { alertname });
        await open.deliver(firing(alertname));
        const { labels, annotations } = (await jobOf(seen, operarius)).metadata;
        expect(labels?.["openfero.io/alert"]).toMatch(/^[A-Za-z0-9][-A-Za-z0-9_.]{0,61}[A-Za-z0-9]$/);
        expect(annotations?.["openfero.io/alert"]).toBe(alertname);
      }
    },
  },
  {
    title: "3.8 in long names the prefix is cut, never what tells targets and episodes apart",
    async run({ kube, open, seen }) {
      const operarius = `long-${"x".repeat(57)}y`;
      await create(kube, operarius, { alertname: "LongName" });
      const targets = ["a", "b"].map((end) => ({ alertname: "LongName", daemonset: `${"d".repeat(200)}${end}` }));
      for (const episodes of [1, 2]) {
        await open.deliver(deliveryOf(targets.map((labels) => ({ labels }))));
        await allEnded(seen, "LongName", 2 * episodes);
      }
      const names = (await jobsOf(kube, operarius)).map(({ metadata }) => metadata.name);
      expect(names).toHaveLength(4);
      const suffix = /^long-x+(?:-[0-9a-z]{4})?-([0-9a-z]{10}-[12]-1)$/;
      expect(new Set(names.map((name) => suffix.exec(name)?.[1] ?? name)).size).toBe(4);
      for (const name of names) expect(name.length).toBeLessThanOrEqual(63);
    },
  },
  {
    title: "3.10 the first failed pod is not the end: the Job's condition is, and only this execution's",
    async run({ kube, cluster, open, seen }) {
      const [node = ""] = cluster.grounds[0] ?? [];
      const image = "app:exit-0-once";
      const fault = (value: string | null) =>
        kube.patch(
          nodes,
          { name: node },
          { type: "merge", body: { metadata: { annotations: { [faultsAnnotation]: value } } } },
        );
      await create(kube, "retry", {
        alertname: "Retry",
        container: { image },
        pod: { nodeName: node },
        job: { backoffLimit: 3 },
      });
      await kube.create(jobs, {
        metadata: { namespace, name: "retry-foreign", labels: { "openfero.io/operarius": "somebody-else" } },
        spec: {
          backoffLimit: 0,
          template: { spec: { restartPolicy: "Never", containers: [{ name: "x", image: "app:exit-1" }] } },
        },
      });
      await fault(`crashonce=${image}`);
      try {
        await open.deliver(firing("Retry"));
        const statuses = new Set<string | undefined>();
        const job = await until("the Job to complete after a failed pod", async () => {
          statuses.add((await statusOf(kube, "retry")).lastExecutionStatus);
          const found = (await jobsOf(kube, "retry"))[0];
          return found?.status?.conditions?.some(({ type }) => type === "Complete") === true && found;
        });
        expect(job.status?.failed).toBe(1);
        const [record] = await allEnded(seen, "Retry");
        expect(record?.status?.phase).toBe("Succeeded");
        expect([...statuses]).not.toContain("Failed");
        await until("Successful", async () => (await statusOf(kube, "retry")).lastExecutionStatus === "Successful");
        expect(await jobsOf(kube, "retry")).toHaveLength(1);
      } finally {
        await fault(null);
      }
    },
  },
  {
    title: "3.10 no execution is lost when others write the Operarius at the same time",
    async run({ kube, open, seen }) {
      await create(kube, "contended", { alertname: "Contended" });
      const zones = ["a", "b", "c", "d", "e"];
      const others = async (): Promise<void> => {
        for (const n of zones.keys()) {
          const body = { metadata: { annotations: { [`example.com/${n}`]: "x" } } };
          await kube.patch(operariuses, { namespace, name: "contended" }, { type: "merge", body });
        }
      };
      const members = zones.map((zone) => ({ labels: { alertname: "Contended", zone } }));
      await Promise.all([open.deliver(deliveryOf(members)), others()]);
      await allEnded(seen, "Contended", 5);
      await jobsStarted(seen, "contended", 5);
      const { metadata, status } = await kube.get(operariuses, { namespace, name: "contended" });
      expect(Object.keys(metadata.annotations ?? {})).toHaveLength(5);
      expect(status?.executionCount).toBeGreaterThanOrEqual(5);
    },
  },
  {
    title: "3.12 a Job without a deadline and a time to live gets 3600 s and 86400 s, its own are kept",
    async run({ kube, open, seen }) {
      await create(kube, "limits-absent", { alertname: "LimitsAbsent" });
      const own = { activeDeadlineSeconds: 77, ttlSecondsAfterFinished: 88, backoffLimit: 2 };
      await create(kube, "limits-own", { alertname: "LimitsOwn", job: own });
      await open.deliver(firing("LimitsAbsent"));
      await open.deliver(firing("LimitsOwn"));
      expect((await jobOf(seen, "limits-absent")).spec).toMatchObject({
        activeDeadlineSeconds: 3600,
        ttlSecondsAfterFinished: 86_400,
      });
      expect((await jobOf(seen, "limits-own")).spec).toMatchObject(own);
    },
  },
];
