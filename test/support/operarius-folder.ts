/** The folder of the shipped operarius: its rights and its Job. */
import { join } from "node:path";
import { packageRoot } from "../../sandbox/bootstrap/objects.ts";

export const operariusFolder = join(packageRoot(), "deploy/operarii/kube-prometheus-stack/KubeDaemonSetRolloutStuck");
