import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { secretLines } from "./auth.ts";
import { followSecretFile } from "./secrets.ts";

describe("secretLines", () => {
  it.each<[string, string[]]>([
    ["one\n", ["one"]],
    ["one", ["one"]],
    ["# until June\nold\r\n\n   \nnew with spaces \n", ["old", "new with spaces "]],
    ["", []],
    ["# nothing\n", []],
  ])("%j", (text, want) => expect(secretLines(text)).toEqual(want));
});

describe("followSecretFile", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "operarius-secrets-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function follow(path: string) {
    const clock = { now: 0 };
    const trouble: string[] = [];
    const changes: number[] = [];
    const secrets = followSecretFile({
      path,
      first: ["first"],
      now: () => clock.now,
      onTrouble: (reason) => trouble.push(reason),
      onChange: (count) => changes.push(count),
    });
    const later = () => {
      clock.now += 1000;
      return secrets();
    };
    return { secrets, later, trouble, changes };
  }

  it("takes what is written later, with the first look after a second", async () => {
    const path = join(folder, "token");
    writeFileSync(path, "first\n");
    const { secrets, later, changes } = follow(path);
    expect(await secrets()).toEqual(["first"]);
    writeFileSync(path, "first\nsecond\n");
    expect(await secrets()).toEqual(["first"]);
    expect(await later()).toEqual(["first", "second"]);
    expect(await later()).toEqual(["first", "second"]);
    expect(changes).toEqual([2]);
  });

  it("sees the swap of the link with which a mounted Secret changes", async () => {
    for (const [name, text] of [
      ["a", "first"],
      ["b", "other"],
    ] as const) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "token"), text);
    }
    symlinkSync("a", join(folder, "..data"));
    symlinkSync(join("..data", "token"), join(folder, "token"));
    const { secrets, later } = follow(join(folder, "token"));
    expect(await secrets()).toEqual(["first"]);
    symlinkSync("b", join(folder, "..new"));
    renameSync(join(folder, "..new"), join(folder, "..data"));
    expect(await later()).toEqual(["other"]);
  });

  const toFolder = (path: string): void => {
    rmSync(path);
    mkdirSync(path);
  };

  it.each<[string, (path: string) => void, string]>([
    ["is gone", (path) => rmSync(path), "it does not exist"],
    ["is empty", (path) => writeFileSync(path, "# hunter2\n"), "it holds no secret"],
    ["is a folder", toFolder, "it is a directory"],
  ])("keeps the last good set when the file %s, says so once, and takes it when it is back", async (_, spoil, why) => {
    const path = join(folder, "token");
    writeFileSync(path, "first\n");
    const { secrets, later, trouble } = follow(path);
    await secrets();
    spoil(path);
    expect(await later()).toEqual(["first"]);
    expect(await later()).toEqual(["first"]);
    expect(trouble).toEqual([why]);
    rmSync(path, { recursive: true, force: true });
    writeFileSync(path, "back\n");
    expect(await later()).toEqual(["back"]);
  });

  it("looks once for many who ask at the same time", async () => {
    const path = join(folder, "token");
    writeFileSync(path, "first\n");
    const { later, secrets, changes } = follow(path);
    await secrets();
    writeFileSync(path, "second\n");
    const first = later();
    const all = await Promise.all([first, ...Array.from({ length: 20 }, () => secrets())]);
    expect(new Set(all.map(String))).toEqual(new Set(["second"]));
    expect(changes).toEqual([1]);
  });
});
