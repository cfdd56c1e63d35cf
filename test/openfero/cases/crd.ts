/** 36 and departure 7: the custom resource itself. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { packageRoot } from "../../../sandbox/bootstrap/objects.ts";
import type { Kube, Resource } from "../../../src/kube/types.ts";
import { operariuses } from "../../../src/operarius/operarius.ts";
import { kubectl, whyNoKubectl } from "../../support/kubectl.ts";
import { until } from "../../support/until.ts";
import type { Case } from "../case.ts";
import { firing } from "../delivery.ts";
import { create, jobOf, namespace, operariusOf } from "../operarius.ts";

interface Crd {
  metadata: { name: string };
  spec: {
    names: Record<string, unknown>;
    scope: string;
    versions: {
      name: string;
      subresources?: object;
      additionalPrinterColumns: { name: string; jsonPath: string }[];
    }[];
  };
}

const crds: Resource<Crd> = {
  group: "apiextensions.k8s.io",
  version: "v1",
  plural: "customresourcedefinitions",
  kind: "CustomResourceDefinition",
  namespaced: false,
};

/** What kubectl apply keeps in an annotation may not be longer. */
const applyLimit = 262_144;

export const crdCases: readonly Case[] = [
  {
    title: "36 the CRD keeps its names, its status subresource and its columns",
    async run({ kube }) {
      const { spec } = await kube.get(crds, { name: "operariuses.openfero.io" });
      expect(spec).toMatchObject({
        scope: "Namespaced",
        names: {
          kind: "Operarius",
          listKind: "OperariusList",
          plural: "operariuses",
          singular: "operarius",
          shortNames: ["op"],
        },
      });
      const [version] = spec.versions;
      expect(version).toMatchObject({ name: "v1alpha1", subresources: { status: {} } });
      const columns = version?.additionalPrinterColumns.map(({ name, jsonPath }) => `${name} ${jsonPath}`);
      // There may be more of them.
      expect(columns).toEqual(
        expect.arrayContaining([
          "Alert .spec.alertSelector.alertname",
          "Status .spec.alertSelector.status",
          "Enabled .spec.enabled",
          "Executions .status.executionCount",
          "Age .metadata.creationTimestamp",
        ]),
      );
    },
  },
  {
    title: "36 kubectl get op shows the columns",
    async run({ kube, cluster, scratch }, skip) {
      const reason = whyNoKubectl();
      if (reason !== undefined) return skip(reason);
      await create(kube, "c36-shown", { alertname: "Case36Shown", spec: { enabled: false } });
      const options = { kubeconfig: cluster.personKubeconfig, home: scratch(), cwd: scratch() };
      const [head, line] = (await kubectl(`kubectl get op c36-shown -n ${namespace}`, options)).split("\n");
      expect(head).toMatch(/^NAME +ALERT +STATUS +ENABLED +EXECUTIONS .*AGE *$/);
      expect(line).toMatch(/^c36-shown +Case36Shown +firing +false +/);
    },
  },
  {
    title: "36 the status `pending` is refused, and so is a spec without its required fields",
    async run({ kube }) {
      const pending = operariusOf("c36", { alertname: "Case36" });
      Object.assign(pending.spec.alertSelector, { status: "pending" });
      await expect(kube.create(operariuses, pending)).rejects.toMatchObject({
        code: 422,
        message: expect.stringContaining("alertSelector.status"),
      });
      for (const field of ["alertSelector", "jobTemplate"] as const) {
        const { spec, ...rest } = operariusOf("c36", { alertname: "Case36" });
        const { [field]: _, ...others } = spec;
        const lacking = { ...rest, spec: others as typeof spec };
        await expect(kube.create(operariuses, lacking), field).rejects.toMatchObject({
          code: 422,
          message: expect.stringContaining(field),
        });
      }
    },
  },
  {
    title: "36 what is left out has its default: enabled, priority 0",
    async run({ kube }) {
      const { spec } = await create(kube, "c36-defaults", { alertname: "Case36Defaults" });
      expect(spec).toMatchObject({ enabled: true, priority: 0 });
    },
  },
  {
    title: "3.7 metadata of the Job and of its pods is kept, labels and annotations",
    async run({ kube, open, seen }) {
      const metadata = { labels: { team: "a" }, annotations: { "example.com/b": "c d" } };
      const parts = {
        alertname: "Metadata",
        metadata,
        job: { suspend: false },
        spec: { jobTemplate: { metadata, spec: { template: { metadata, ...podOnly } } } },
      };
      const stored = await create(kube, "metadata", parts);
      expect(stored.spec.jobTemplate).toMatchObject({ metadata, spec: { template: { metadata } } });
      await open.deliver(firing("Metadata"));
      const job = await jobOf(seen, "metadata");
      expect(job.metadata).toMatchObject(metadata);
      expect(job.spec?.template.metadata).toMatchObject(metadata);
    },
  },
  {
    title: "3.7 a template that no Job can be made of is told as a condition, before any alert comes",
    async run({ kube }) {
      const faulty = {
        "unfit-template": { container: { args: ["{{ .Alert.Labels.namespace"] } },
        "unfit-job": { pod: { restartPolicy: "Always" } },
      };
      for (const [name, parts] of Object.entries(faulty)) {
        await create(kube, name, { alertname: "Unfit", ...parts });
        const told = await until(`a condition of ${name}`, async () => {
          const { conditions } = await conditionsOf(kube, name);
          return conditions?.find(({ status }) => status === "False");
        });
        expect(told.message, name).toMatch(name === "unfit-job" ? /restartPolicy/ : /args\[0\]/);
      }
    },
  },
  {
    title: "3.7 the CRDs stay far below the limit of kubectl apply",
    async run() {
      for (const file of ["operariuses", "remediations", "receipts"]) {
        const text = readFileSync(join(packageRoot(), "deploy", "crds", `${file}.openfero.io.yaml`), "utf8");
        expect(text.length, file).toBeLessThan(applyLimit / 4);
      }
    },
  },
];

async function conditionsOf(kube: Kube, name: string) {
  return (await kube.get(operariuses, { namespace, name })).status ?? {};
}

const podOnly = {
  spec: { restartPolicy: "Never", containers: [{ name: "fix", image: "busybox:1.36", command: ["true"] }] },
};
