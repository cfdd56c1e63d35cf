/** `operarius diagnose daemonset`: the same look and plan as `heal`, and no write at all. */
import type { HealConfig } from "../config/heal-config.ts";
import { readHealConfig } from "../config/heal-config.ts";
import { Stalled } from "../engine/errors.ts";
import { EXIT } from "../engine/outcome.ts";
import type { Diagnosis, ObservationBase, Plan, Remedy } from "../engine/types.ts";
import type { Kube } from "../kube/types.ts";
import { daemonSetRollout } from "../remedies/daemonset-rollout/remedy.ts";
import { diagnosisText } from "../reporting/diagnosis-text.ts";
import { connect, explainApiError } from "./connect.ts";
import type { CliContext, Command } from "./context.ts";
import { parseHealFlags } from "./heal-flags.ts";

/** Exit code 0 healthy, 1 something is wrong or still moving, 2 usage or configuration. */
export const diagnose: Command = async (args, context) => {
  const parsed = parseHealFlags("diagnose", args, context);
  if (parsed.kind === "exit") return parsed.code;
  const read = readHealConfig(parsed.name, parsed.flags, context.env);
  if ("problems" in read) {
    context.stderr.write(
      `operarius diagnose daemonset cannot start:\n${read.problems.map((problem) => `  - ${problem}\n`).join("")}`,
    );
    return EXIT.usage;
  }
  let kube: Kube | undefined;
  try {
    kube = await connect(read.config, context);
    return await diagnoseTarget(kube, read.config, daemonSetRollout, context);
  } catch (error) {
    const known =
      error instanceof Stalled
        ? { exit: 2, message: error.message, fix: "" }
        : explainApiError(error, kube?.server ?? "");
    if (!known) throw error;
    context.stderr.write(`operarius diagnose daemonset: ${known.message}\n${known.fix ? `fix: ${known.fix}\n` : ""}`);
    return known.exit;
  } finally {
    kube?.close();
  }
};

async function diagnoseTarget<O extends ObservationBase>(
  kube: Kube,
  config: HealConfig,
  remedy: Remedy<O>,
  context: CliContext,
): Promise<number> {
  const { target, settings, policies } = config;
  const view = await remedy.open({ kube, target, settings, signal: context.signal, now: context.now });
  try {
    const observation = await view.look();
    const diagnosis: Diagnosis = remedy.diagnose(observation, { settings, intents: [] });
    const plan: Plan = remedy.plan(observation, diagnosis, { settings, policies, intents: [], mayPatchTemplate: true });
    if (config.output === "json") {
      context.stdout.write(
        `${JSON.stringify({ schema: "operarius.openfero.io/diagnosis/v1", target, diagnosis, plan, observation }, undefined, 2)}\n`,
      );
    } else {
      context.stdout.write(
        diagnosisText({ target, diagnosis, plan, description: remedy.describe(observation, settings) }),
      );
    }
    return diagnosis.kind === "healthy" ? EXIT.ok : EXIT.notRecovered;
  } finally {
    view.stop();
  }
}
