import { defineConfig } from "vitest/config";
import { createSuiteReport } from "./scripts/ci/suite-report.ts";

/** Set by `.ci/run`: where to note what ran. */
const reportFile = process.env.OPERARIUS_SUITE_REPORT;

/**
 * `unit` is fast and pure; `sandbox` starts embedded clusters and runs the built program against them; `scenarios` does
 * the same for what a new revision can do wrong, the causes beyond S01-S22, several at once, kill -9, and the guard before
 * a cluster of the user's; `conformance` plays the same cases on the sandbox and on a real control plane; `cluster` plays
 * all scenarios on a real control plane; `openfero` is the compatibility suite on the sandbox, `openfero-cluster` the same
 * on a real control plane; `faults` breaks the API server's answers, the replicas and the Jobs, and counts what was lost or
 * doubled.
 */
export default defineConfig({
  test: {
    reporters: ["default", ...(reportFile === undefined ? [] : [createSuiteReport(reportFile)])],
    // Scenarios mostly wait: this many at a time still leave two cores idle now and then.
    maxConcurrency: 8,
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "src/**/*.test.ts",
            "sandbox/**/*.test.ts",
            "test/contract/**/*.test.ts",
            "test/e2e/**/*.test.ts",
            "test/node/**/*.test.ts",
            "scripts/**/*.test.ts",
          ],
          testTimeout: 20_000,
          // Nothing of ours outlives a call, so files may share a process; loading everything anew for each takes a minute.
          isolate: false,
          // Projects that differ in their number of workers must not share a group: vitest refuses to run them together.
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "sandbox",
          // Each file has a cluster of its own and mostly waits; three at a time keep two cores busy.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
          include: ["test/sandbox/*.test.ts"],
          globalSetup: ["test/sandbox/build-once.ts"],
          // For what hangs, not for slow machines: a scenario takes 5 to 40 s on an idle one.
          testTimeout: 300_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "scenarios",
          maxWorkers: 3,
          include: ["test/sandbox/scenarios/*.test.ts"],
          globalSetup: ["test/sandbox/build-once.ts"],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 7 },
        },
      },
      {
        test: {
          name: "conformance",
          include: ["test/conformance/**/*.test.ts"],
          globalSetup: ["test/conformance/prepare.ts"],
          // For what hangs, not for slow machines.
          testTimeout: 240_000,
          // One cluster after the other: both together would only measure the machine.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "cluster",
          include: ["test/cluster/**/*.test.ts"],
          globalSetup: ["test/cluster/prepare.ts"],
          // One for each group of nodes: they mostly wait for a real cluster's controllers.
          maxConcurrency: 12,
          // For what hangs; a scenario may also wait for its turn on a group of nodes.
          testTimeout: 600_000,
          hookTimeout: 240_000,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: "openfero",
          include: ["test/openfero/sandbox.test.ts"],
          globalSetup: ["test/sandbox/build-once.ts"],
          // For what hangs.
          testTimeout: 240_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 4 },
        },
      },
      {
        test: {
          name: "openfero-cluster",
          include: ["test/openfero/cluster.test.ts"],
          globalSetup: ["test/cluster/prepare.ts"],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          sequence: { groupOrder: 5 },
        },
      },
      {
        test: {
          name: "faults",
          include: ["test/faults/**/*.test.ts"],
          globalSetup: ["test/faults/prepare.ts"],
          // Each file has a cluster and replicas of its own, and mostly waits.
          maxWorkers: 3,
          // For what hangs, not for slow machines.
          testTimeout: 240_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 6 },
        },
      },
    ],
  },
});
