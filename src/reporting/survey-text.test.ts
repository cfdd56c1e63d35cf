import { describe, expect, it } from "vitest";
import {
  anObservation,
  badImagePod,
  crashingPod,
  fleet,
  NOW,
  stoppedRollout,
} from "../../test/support/daemonset-builders.ts";
import { inForce, judgedLook } from "../../test/support/look-builders.ts";
import type { TargetLook } from "./look.ts";
import type { SurveyText } from "./survey-text.ts";
import { surveySentence, surveyText } from "./survey-text.ts";

function named(look: TargetLook, namespace: string, name: string): TargetLook {
  return { ...look, target: { ...look.target, namespace, name } };
}

const image = named(judgedLook(stoppedRollout([badImagePod("n1")])), "kube-system", "agent");
const crash = named(
  judgedLook(anObservation({ pods: fleet(4, [crashingPod("n2")]) }), {
    overrides: { owner: "Argo CD Application shop" },
  }),
  "shop",
  "node-exporter",
);
const healthy = named(judgedLook(anObservation()), "kube-system", "kube-proxy");
const failed: TargetLook = {
  kind: "failed",
  target: { ...image.target, namespace: "x", name: "broken" },
  message: "RangeError",
};
const all = [image, crash, healthy, failed];

function text(given: Partial<SurveyText> = {}, width = Number.POSITIVE_INFINITY): string {
  const survey: SurveyText = {
    looks: all,
    where: "in all namespaces",
    policies: inForce(),
    pause: "",
    unread: [],
    details: false,
    at: NOW,
    ...given,
  };
  const screen = { colour: false, width };
  return surveyText(survey, { text: { ...screen, width: Math.min(width, 80) }, table: screen });
}

describe("the sentence", () => {
  it.each([
    [[], "There is no DaemonSet in all namespaces."],
    [[healthy], "None of 1 DaemonSet in all namespaces is stuck."],
    [[healthy, healthy], "None of 2 DaemonSets in all namespaces is stuck."],
    [[image, healthy], "1 of 2 DaemonSets in all namespaces is stuck."],
    [all, "2 of 4 DaemonSets in all namespaces are stuck, 1 could not be judged."],
  ])("%#", (looks, sentence) => {
    expect(surveySentence(looks, "in all namespaces")).toBe(sentence);
    expect(text({ looks }).split("\n")[0]).toBe(sentence);
  });
});

describe("the table", () => {
  it("has one line for each that is stuck or not judged, aligned, whole in a pipe", () => {
    const lines = text().split("\n");
    expect(lines.slice(2, 6)).toEqual(
      [
        "NAMESPACE     NAME            RUN   CAUSE               PLAN                       OWNER                      CHANGED",
        "kube-system   agent           3/4   C01 ImageNotFound   ask: rollback to 1   -                          12m",
        "shop          node-exporter   3/4   C04 OneNodeOnly     delete 1 pod               Argo CD Application shop   12m",
        "x             broken          ?     not evaluated       not evaluated              -                          -",
      ].map((line) =>
        expect.stringMatching(new RegExp(`^${line.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/ +/g, " +")}$`)),
      ),
    );
    const at = (lines[2] ?? "").indexOf("PLAN");
    for (const line of lines.slice(3, 6)) expect(line.slice(at - 1, at + 1)).toMatch(/^ \S$/);
  });

  it.each([100, 80, 60])("fits into %i columns and says what it left out", (width) => {
    const made = text({}, width);
    const lines = made.split("\n");
    const heading = lines.findIndex((line) => line.startsWith("NAMESPACE"));
    const rows = lines.slice(heading, heading + 4);
    for (const row of rows) expect(row.length).toBeLessThanOrEqual(width);
    if (!rows[0]?.includes("OWNER")) expect(made).toMatch(/\(no room for .*OWNER/);
    expect(rows[1]).toMatch(/^kube-system +agent +3\/4/);
  });
});

describe("the notes", () => {
  it("say how to see more, what holds, and what could not be read", () => {
    const made = text({
      pause: "Writes are paused by ConfigMap openfero/operarius-pause (drill)",
      unread: [{ what: "nodes", message: "nodes is forbidden" }],
    });
    const words = made.replace(/\s+/g, " ");
    expect(words).toContain("Policies: strategy guided, rollback approve, delete on (the shipped defaults).");
    expect(words).toContain(
      "Not evaluated: nodes cannot be read with these rights (nodes is forbidden). No DaemonSet can be counted",
    );
    expect(words).toContain("Writes are paused by ConfigMap openfero/operarius-pause (drill).");
    expect(words).toContain("operarius diagnose daemonset agent -n kube-system; or all with --details.");
  });

  it("are silent where nothing is stuck", () => {
    expect(text({ looks: [healthy] })).toBe("None of 1 DaemonSet in all namespaces is stuck.\n");
  });

  it("give the details on demand, each under its name", () => {
    const made = text({ details: true }, 80);
    expect(made).toMatch(/^--- kube-system\/agent -+\n3 of 4 pods run/m);
    expect(made).toMatch(/^--- shop\/node-exporter -+\n3 of 4 pods run/m);
    expect(made).toMatch(/^--- x\/broken -+\nRangeError/m);
    expect(made).not.toContain("--- kube-system/kube-proxy");
    expect(made).not.toContain("--details");
  });
});
