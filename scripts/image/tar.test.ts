import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { Entry } from "./tar.ts";
import { tarOf } from "./tar.ts";

const text = (path: string, data: string, mode?: number): Entry => ({
  path,
  data: Buffer.from(data),
  ...(mode === undefined ? {} : { mode }),
});

function listed(archive: Buffer): string[] {
  const { status, stdout } = spawnSync("tar", ["-tvf", "-", "--numeric-owner"], {
    input: archive,
    encoding: "utf8",
    env: { ...process.env, TZ: "UTC" },
  });
  expect(status).toBe(0);
  return stdout.trimEnd().split("\n");
}

describe("tarOf", () => {
  test("tar reads names, modes, sizes, owners and directories", () => {
    expect(listed(tarOf([text("bin/tool", "12345", 0o755), text("etc/passwd", "x")]))).toEqual([
      "drwxr-xr-x 0/0               0 1970-01-01 00:00 bin/",
      "-rwxr-xr-x 0/0               5 1970-01-01 00:00 bin/tool",
      "drwxr-xr-x 0/0               0 1970-01-01 00:00 etc/",
      "-rw-r--r-- 0/0               1 1970-01-01 00:00 etc/passwd",
    ]);
  });

  test.each([0, 1, 511, 512, 513])("a file of %d bytes comes out as it went in", (length) => {
    const data = Buffer.alloc(length, 7);
    const archive = tarOf([{ path: "a", data }, text("b", "after it")]);
    const out = (name: string): Buffer => spawnSync("tar", ["-xOf", "-", name], { input: archive }).stdout;
    expect(out("a").equals(data)).toBe(true);
    expect(out("b").toString()).toBe("after it");
  });

  test("the order in which entries are given makes no difference", () => {
    const entries = [text("a/b", "1"), text("a/a", "2"), text("z", "3")];
    expect(tarOf(entries).equals(tarOf(entries.toReversed()))).toBe(true);
  });

  test("a path that the format cannot hold is refused", () => {
    expect(() => tarOf([text("x".repeat(101), "")])).toThrow(RangeError);
  });
});
