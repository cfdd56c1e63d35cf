/** The catalogue is complete, true to the recognisers, played by scenarios, and printed as it is. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Diagnosis, Finding } from "../../src/engine/types.ts";
import { causes } from "../../src/remedies/daemonset-rollout/causes/index.ts";
import { causesPage } from "../../src/remedies/daemonset-rollout/causes/page.ts";
import { diagnose } from "../../src/remedies/daemonset-rollout/diagnose.ts";
import { scenarios } from "../scenarios/daemonset-rollout/index.ts";
import { causeFixtures } from "../support/cause-fixtures.ts";
import { settings } from "../support/daemonset-builders.ts";
import { root } from "../support/source-files.ts";

const wanted = Array.from({ length: 42 }, (_, index) => `C${String(index + 1).padStart(2, "0")}`);
const PLACEHOLDERS = ["daemonset", "namespace", "pod", "node", "uid", "revision", "name"];

function look(id: string): Diagnosis {
  const observation = causeFixtures[id];
  if (!observation) throw new Error(`${id} has no fixture in test/support/cause-fixtures.ts`);
  return diagnose(observation, { settings });
}

function findingsOf(diagnosis: Diagnosis): readonly Finding[] {
  return diagnosis.kind === "healthy" ? [] : diagnosis.findings;
}

/** A command of the catalogue with its placeholders as "anything". */
function pattern(command: string): RegExp {
  const parts = command.split(/\{[a-z]+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".+")}$`);
}

it("has every cause once, in order", () => {
  expect(causes.map(({ id }) => id)).toEqual(wanted);
  expect(Object.keys(causeFixtures).sort()).toEqual(wanted);
});

describe.each(causes.map((cause) => [cause.id, cause] as const))("%s", (id, cause) => {
  it("says everything", () => {
    const { title, signature, shownBy, helps, forbidden, source } = cause;
    const texts = [title, signature, shownBy, forbidden, source, helps.delete, helps.restart, helps.rollback];
    for (const text of texts) expect(text).toMatch(/^\S(.*\S)?$/);
    expect(title).not.toMatch(/\.$/);
    expect(signature).toMatch(/\.$/);
    for (const command of cause.person) {
      expect(command).toMatch(/^(kubectl|operarius) /);
      const unknown = [...command.matchAll(/\{([a-z]+)\}/g)].map(([, name]) => name ?? "");
      expect(unknown.filter((name) => !PLACEHOLDERS.includes(name))).toEqual([]);
    }
  });

  it("is recognised", () => {
    const diagnosis = look(id);
    if (id === "C35") expect(diagnosis).toMatchObject({ kind: "pending", reason: "Progressing" });
    else if (id === "C40") expect(diagnosis.kind).toBe("healthy");
    else expect(findingsOf(diagnosis).map((finding) => finding.cause)).toContain(id);
  });

  it("gives a person the command of the catalogue, with names", () => {
    for (const { cause: found, commands } of findingsOf(look(id))) {
      if (found !== id) continue;
      expect(commands[0]).toBeDefined();
      expect(cause.person.some((command) => pattern(command).test(commands[0] ?? ""))).toBe(true);
      expect(commands.join("\n")).not.toMatch(/undefined|\{[a-z]+\}/);
    }
  });

  it("is played by a scenario", () => {
    const players = scenarios.filter(
      (scenario) => scenario.id.startsWith(id) || scenario.runs.some((run) => run.expect.cause === id),
    );
    // Waiting is about nothing in particular: S11 plays C35.
    const named = id === "C35" ? scenarios.filter((scenario) => scenario.id === "S11") : players;
    expect(named.map((scenario) => scenario.id)).not.toEqual([]);
  });
});

it("docs/causes.md is what the causes generate (else: npm run generate)", () => {
  expect(readFileSync(join(root, "docs", "causes.md"), "utf8")).toBe(causesPage(causes));
});
