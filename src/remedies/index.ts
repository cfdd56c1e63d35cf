/** The remedies, in the order in which they are asked. A new one is a folder, a line here and a scenario file. */
import { daemonSetRollout } from "./daemonset-rollout/remedy.ts";

export const remedies = [daemonSetRollout] as const;
