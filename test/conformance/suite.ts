/** Registers all cases for one world with the test runner. */
import { afterAll, beforeAll, describe, it } from "vitest";
import { runCase } from "./bench.ts";
import type { Case } from "./case.ts";
import { differences } from "./differences.ts";
import type { World, WorldName } from "./world.ts";

/** A word for the namespace that tells the case. */
function slug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 24)
    .replace(/^-|-$/g, "");
}

export interface SuiteOptions {
  name: WorldName;
  cases: readonly Case[];
  /** undefined where there is none on this machine: then every case fails and says so. */
  kubectlFile: string | undefined;
  start: () => Promise<World>;
  /** What the namespaces' names begin with. Default: nothing. */
  prefix?: string;
  /** Why a case is not run here, beside the declared differences. */
  notRun?: (each: Case) => string | undefined;
}

/** One test for each case, eight at a time; declared differences are skipped by name. */
export function conformance(options: SuiteOptions): void {
  const { name, cases, kubectlFile, start, prefix = "", notRun } = options;
  describe(`conformance: ${name}`, () => {
    const started: World[] = [];
    beforeAll(async () => {
      started.push(await start());
    }, 180_000);
    afterAll(async () => {
      for (const world of started.splice(0)) await world.stop();
    }, 60_000);
    for (const [index, each] of cases.entries()) {
      const declared = differences.find((one) => one.world === name && one.name === each.name);
      const reason = declared?.reason ?? notRun?.(each);
      if (reason !== undefined) {
        it.skip(`${each.name} (${reason})`, () => undefined);
        continue;
      }
      it.concurrent(each.name, async () => {
        const [world] = started;
        if (world === undefined) throw new Error("the cluster did not start");
        if (kubectlFile === undefined) throw new Error("there is no kubectl in PATH; install one");
        await runCase(each, { world, namespace: `${prefix}c${index}-${slug(each.name)}`, kubectlFile });
      });
    }
  });
}
