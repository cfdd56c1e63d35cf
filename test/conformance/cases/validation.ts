/** What a kind refuses: unknown fields, bad names, what may not change; and its status apart. */

import { expect } from "vitest";
import { daemonSets, pods } from "../../../src/kube/resources.ts";
import type { Case } from "../case.ts";
import { aConfigMap, aDaemonSet, idlePod } from "../objects.ts";
import { agent, failure, one } from "../writes.ts";

export const validationCases: readonly Case[] = [
  {
    name: "a name that no object can have is 422 with the field",
    async run(bench) {
      const path = `/api/v1/namespaces/${bench.namespace}/configmaps`;
      const { code, body } = await bench.http({ method: "POST", path, body: { metadata: { name: "Not_Good" } } });
      expect([code, body.reason]).toEqual([422, "Invalid"]);
      expect(body.details?.causes).toMatchObject([{ reason: "FieldValueInvalid", field: "metadata.name" }]);
      expect(body.message).toMatch(
        /^ConfigMap "Not_Good" is invalid: metadata.name: Invalid value: "Not_Good": a lowercase RFC 1123 subdomain must/,
      );
    },
  },
  {
    name: "the status is written by its subresource alone, and nothing else with it",
    async run(bench) {
      await bench.kube.create(daemonSets, aDaemonSet(bench));
      const body = {
        metadata: { annotations: { a: "b" } },
        spec: { minReadySeconds: 9 },
        status: { collisionCount: 3 },
      };
      const after = await bench.kube.patchStatus(daemonSets, agent(bench), { type: "merge", body });
      expect([after.spec?.minReadySeconds ?? 0, after.status?.collisionCount]).toEqual([0, 3]);
      expect(after.metadata.generation).toBe(1);
    },
  },
  {
    name: "unknown fields: refused when strict, told when warning, dropped in silence when ignored",
    async run(bench) {
      const body = {
        ...aConfigMap(bench, "one"),
        nonsense: 1,
        metadata: { name: "one", labels: { a: "b" }, typo: "x" },
      };
      const path = `/api/v1/namespaces/${bench.namespace}/configmaps?dryRun=All&fieldValidation=`;
      const send = (mode: string) => bench.http({ method: "POST", path: `${path}${mode}`, body });
      const strict = await send("Strict");
      expect(strict.code).toBe(400);
      expect(strict.body.message).toMatch(
        /^ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: /,
      );
      expect(strict.body.message).toContain('unknown field "nonsense"');
      expect(strict.body.message).toContain('unknown field "metadata.typo"');
      const warn = await send("Warn");
      expect([warn.code, warn.warnings.toSorted()]).toEqual([
        201,
        ['unknown field "metadata.typo"', 'unknown field "nonsense"'],
      ]);
      const ignore = await send("Ignore");
      expect([ignore.code, ignore.warnings]).toEqual([201, []]);
    },
  },
  {
    name: "kubectl apply tells of unknown fields with their path",
    async run(bench) {
      const ds = aDaemonSet(bench, { container: { imagePullPolcy: "Never" } as object });
      const { code, stderr } = await bench.tryKubectl(["apply", "-f", "-"], { stdin: ds });
      expect(code).toBe(1);
      expect(stderr).toContain('unknown field "spec.template.spec.containers[0].imagePullPolcy"');
    },
  },
  {
    name: "the selector of a DaemonSet cannot be changed",
    async run(bench) {
      await bench.kube.create(daemonSets, aDaemonSet(bench));
      const labels = { app: "other" };
      const body = { spec: { selector: { matchLabels: labels }, template: { metadata: { labels } } } };
      const failed = await failure(bench.kube.patch(daemonSets, agent(bench), { type: "merge", body }));
      expect(failed.code).toBe(422);
      expect(failed.message).toMatch(
        /^DaemonSet.apps "agent" is invalid: spec.selector: Invalid value: .*: field is immutable$/,
      );
    },
  },
  {
    name: "a selector that does not select the template is 422",
    async run(bench) {
      const ds = aDaemonSet(bench);
      if (ds.spec !== undefined) ds.spec.selector = { matchLabels: { app: "other" } };
      const failed = await failure(bench.kube.create(daemonSets, ds));
      expect(failed.code).toBe(422);
      expect(failed.message).toContain("`selector` does not match template `labels`");
    },
  },
  {
    name: "maxUnavailable and maxSurge: not both zero, not both set",
    async run(bench) {
      const withBudget = (maxUnavailable: number | string, maxSurge: number | string) =>
        failure(
          bench.kube.create(
            daemonSets,
            aDaemonSet(bench, { spec: { updateStrategy: { rollingUpdate: { maxUnavailable, maxSurge } } } }),
            { dryRun: true },
          ),
        );
      const none = await withBudget(0, 0);
      expect([none.code, none.message]).toEqual([
        422,
        expect.stringContaining("cannot be 0 when maxSurge is 0") as string,
      ]);
      const both = await withBudget(1, 1);
      expect([both.code, both.message]).toEqual([
        422,
        expect.stringContaining("may not be set when maxUnavailable is non-zero") as string,
      ]);
      expect((await withBudget(0, "10%")).code).toBe(200);
      expect((await withBudget("200%", 0)).code).toBe(422);
    },
  },
  {
    name: "the fields of a running pod's spec are immutable but for its image and a few",
    async run(bench) {
      await bench.kube.create(pods, idlePod(bench, "one"));
      const body = { spec: { nodeSelector: { a: "b" } } };
      const failed = await failure(bench.kube.patch(pods, one(bench), { type: "merge", body }));
      expect(failed.code).toBe(422);
      expect(failed.message).toMatch(
        /^Pod "one" is invalid: spec: Forbidden: pod updates may not change fields other than/,
      );
      const image = { spec: { containers: [{ name: "main", image: "app:ok-2" }] } };
      expect((await failure(bench.kube.patch(pods, one(bench), { type: "strategic", body: image }))).code).toBe(200);
    },
  },
];
