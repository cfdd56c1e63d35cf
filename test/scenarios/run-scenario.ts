/** Plays one scenario and judges it: from the audit log, the pods' UIDs, the exit code, the receipt and the end state. */
import { expect } from "vitest";
import { pods } from "../../src/kube/resources.ts";
import { wordsOf, writesBy } from "../support/audit.ts";
import { userOf } from "../support/cluster.ts";
import type { Grounds } from "./ground.ts";
import { causeOf, expectReplay, startHeal } from "./heal.ts";
import type { PodView } from "./pod-view.ts";
import type { HealRun, Scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";
import { createAgent, readPods } from "./stage.ts";

/** Plays it on a free ground. Rejects with what differs from the expectation. */
export async function runScenario(scenario: Scenario, grounds: Grounds, entry: string): Promise<void> {
  await grounds.on(scenario.id, async (stage) => {
    await (scenario.create?.(stage) ?? createAgent(stage, scenario.initial));
    await scenario.fault(stage);
    for (const run of scenario.runs) await playRun(run, stage, entry);
    await scenario.end(stage);
  });
}

async function playRun(run: HealRun, stage: Stage, entry: string): Promise<void> {
  await run.before?.(stage);
  const flags = (await run.flags?.(stage)) ?? ["--rollback", "auto"];
  const before = await readPods(stage);
  const writtenBefore = (await writesOn(stage)).length;
  const { exporter } = stage.cluster;
  const decoy = await stage.person.get(pods, exporter);
  const healing = await startHeal(stage, { entry, flags });
  await run.during?.(stage, healing.program);
  const { code, stdout, stderr } = await healing.ended;
  const output = `${stdout}${stderr}`;
  const receipt = healing.receipt();
  const { expect: wanted } = run;
  const writes = (await writesOn(stage)).slice(writtenBefore);
  expect(
    {
      exit: code,
      verdict: receipt?.verdict?.kind,
      ...(wanted.reason === undefined ? {} : { reason: receipt?.verdict?.reason }),
      cause: receipt === undefined ? undefined : causeOf(receipt),
      writes: writes.map(({ words }) => words),
    },
    output,
  ).toEqual({
    exit: wanted.exit,
    verdict: wanted.verdict,
    ...(wanted.reason === undefined ? {} : { reason: wanted.reason }),
    cause: wanted.cause,
    writes: [...wanted.writes],
  });
  expect(
    writes.filter(({ wasReady }) => wasReady),
    `deleted although Ready:\n${output}`,
  ).toEqual([]);
  await expectReplay(healing, entry);
  judgeOutput(stdout, wanted.says?.(stage) ?? []);
  if (wanted.keepsHealthyPods !== false) await expectSamePods(stage, before);
  const { uid, deletionTimestamp } = (await stage.person.get(pods, exporter)).metadata;
  expect({ uid, deletionTimestamp }, "the exporter's own pod").toEqual({ uid: decoy.metadata.uid });
}

/** What the shipped account changed, but for the other stages, in words with the scenario's own names. */
export async function writesOn(stage: Stage): Promise<{ words: string; wasReady: boolean }[]> {
  const { namespace, nodes, places, history, cluster } = stage;
  const own = new Set([namespace, ...nodes]);
  const onStage = writesBy(userOf(cluster.healer), await cluster.audit()).filter(({ objectRef }) => {
    const place = objectRef?.namespace ?? objectRef?.name ?? "";
    return own.has(place) || !places.has(place);
  });
  const nodeOf = (_: string, pod: string): string | undefined => {
    const index = nodes.indexOf(history.find(pod)?.node ?? "");
    return index < 0 ? undefined : `n${index + 1}`;
  };
  return onStage.map((event) => {
    const isHere = event.objectRef?.namespace === namespace;
    const words = isHere
      ? wordsOf(event, nodeOf).replace(` daemonset ${stage.name} `, " daemonset ")
      : wordsOf(event, () => undefined);
    // What is forced has been told to end before, by somebody else; it may have been Ready then.
    const isDeletion = words.startsWith("delete pod");
    return { words, wasReady: isDeletion && (history.find(event.objectRef?.name ?? "")?.ready ?? true) };
  });
}

/** All five steps in order, and the two last lines. */
function judgeOutput(stdout: string, says: readonly (string | RegExp)[]): void {
  const headings = stdout.split("\n").filter((line) => /^\d\. /.test(line));
  expect(
    headings.map((line) => line.slice(0, 2)),
    stdout,
  ).toEqual(["1.", "2.", "3.", "4.", "5."]);
  const [cause, fix] = stdout.trimEnd().split("\n").slice(-2);
  expect(cause, stdout).toMatch(/^cause: \S/);
  expect(fix, stdout).toMatch(/^fix: \S/);
  for (const words of says) {
    if (typeof words === "string") expect(stdout).toContain(words);
    else expect(stdout).toMatch(words);
  }
}

/** The pods that were well have not been replaced. */
async function expectSamePods(stage: Stage, before: readonly PodView[]): Promise<void> {
  const healthy = before.filter(({ ready, terminating }) => ready && !terminating).map(({ uid }) => uid);
  const now = new Set((await readPods(stage)).filter(({ terminating }) => !terminating).map(({ uid }) => uid));
  expect(
    healthy.filter((uid) => !now.has(uid)),
    "healthy pods that were replaced",
  ).toEqual([]);
}
