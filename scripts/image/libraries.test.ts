import { describe, expect, test } from "vitest";
import { librariesOf, parseLdd } from "./libraries.ts";

describe("parseLdd", () => {
  test("paths of libraries and of the dynamic linker, not the kernel's own", () => {
    const text = [
      "\tlinux-vdso.so.1 (0x00007ffd0b5f2000)",
      "\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f2a39936000)",
      "\t/lib64/ld-linux-x86-64.so.2 (0x00007f2a39a49000)",
    ].join("\n");
    expect(parseLdd(text)).toEqual({
      paths: ["/lib/x86_64-linux-gnu/libm.so.6", "/lib64/ld-linux-x86-64.so.2"],
      missing: [],
    });
  });

  test("what is not found is missing", () => {
    expect(parseLdd("\tlibgone.so.1 => not found\n")).toEqual({ paths: [], missing: ["libgone.so.1"] });
  });
});

test.runIf(process.platform === "linux")("a file that is no program is named", async () => {
  await expect(librariesOf(import.meta.filename)).rejects.toThrow(import.meta.filename);
});
