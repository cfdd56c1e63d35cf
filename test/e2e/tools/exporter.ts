/** kube-state-metrics, built once per machine from its pinned Go module (the folder kube-state-metrics beside this one). */
import { join } from "node:path";
import type { GoProgram, GoProgramOptions } from "../../support/tools/go-program.ts";
import { goProgram } from "../../support/tools/go-program.ts";

/** `root` is the checkout. Errors: `CannotRun` when it is not built yet and cannot be. */
export function findExporter({ root, ...options }: GoProgramOptions & { root: string }): Promise<GoProgram> {
  const module = "k8s.io/kube-state-metrics/v2";
  const source = {
    name: "kube-state-metrics",
    directory: join(root, "test", "e2e", "kube-state-metrics"),
    path: module,
    module,
    linkFlags: (version: string) => `-s -w -X github.com/prometheus/common/version.Version=${version}`,
    duration: "two minutes",
  };
  return goProgram(source, options);
}
