/** 38, 39: the real sender and the real effect. */
import { expect } from "vitest";
import { install } from "../../../sandbox/bootstrap/install.ts";
import { isNotFound } from "../../../src/kube/errors.ts";
import { pods } from "../../../src/kube/resources.ts";
import { variants } from "../../e2e/main.ts";
import { kubectl, whyNoKubectl } from "../../support/kubectl.ts";
import { until } from "../../support/until.ts";
import type { Case } from "../case.ts";
import { deliveryOf } from "../delivery.ts";
import { containersOf, jobOf, variablesOf } from "../operarius.ts";
import { runContainer } from "../run-container.ts";
import { example } from "./jobs.ts";

export const chainCases: readonly Case[] = [
  {
    title:
      "38 a real Alertmanager delivers with none, basic and bearer: the stories of npm run test:e2e cover the three",
    async run() {
      expect(variants.map(({ method }) => method).sort()).toEqual(["basic", "bearer", "none"]);
    },
  },
  {
    title: "38 a delivery is taken by servers with each of the three, once and again",
    async run({ basic, bearer, open }) {
      const body = deliveryOf([{ labels: { alertname: "Case38" } }]);
      for (const api of [open, basic, bearer, open]) await api.deliver(body);
    },
  },
  {
    title: "39 an Operarius with kubectl in its shell: the pod of the alert's namespace is gone, its neighbour is not",
    async run({ kube, cluster, open, scratch, seen }, skip) {
      const reason = whyNoKubectl();
      if (reason !== undefined) return skip(reason);
      const namespace = await cluster.createNamespace("effect");
      for (const app of ["workers", "other"])
        await until(`pod ${app} to be made`, () =>
          kube
            .create(pods, {
              metadata: { namespace, name: app, labels: { app } },
              spec: { containers: [{ name: "app", image: "app:ok-1" }], terminationGracePeriodSeconds: 1 },
            })
            // The namespace's ServiceAccount comes a moment later.
            .catch(() => undefined),
        );
      await install(kube, example("restart-workers.yaml"));
      const labels = { alertname: "WorkersNotReady", severity: "critical", namespace, app: "workers" };
      const annotations = { runbook_url: "https://runbooks.example.com/workers" };
      await open.deliver(deliveryOf([{ labels, annotations }]));
      const job = await jobOf(seen, "restart-workers");
      expect(job.metadata.labels).toMatchObject({ team: "platform" });
      expect(job.spec).toMatchObject({ backoffLimit: 1, activeDeadlineSeconds: 120, ttlSecondsAfterFinished: 600 });
      const [container] = containersOf(job);
      expect(variablesOf(container).RUNBOOK).toBe("https://runbooks.example.com/workers");
      const cwd = scratch();
      const env = { KUBECONFIG: cluster.personKubeconfig, HOME: cwd };
      expect(await runContainer(job, container, { cwd, env })).toMatch(
        new RegExp(`^restarting the workers of ${namespace} because of WorkersNotReady\npod "workers" deleted`),
      );
      await until("the pod to go", () => kube.get(pods, { namespace, name: "workers" }).then(() => false, isNotFound));
      const options = { kubeconfig: cluster.personKubeconfig, home: cwd, cwd };
      expect(await kubectl(`kubectl get pods -n ${namespace} -o name`, options)).toBe("pod/other\n");
    },
  },
];
