import { tmpdir } from "node:os";
import { expect, it } from "vitest";
import type { ProgramEnd } from "./process.ts";
import { runProgram } from "./process.ts";

it.each([
  ["a null byte", "a\0b"],
  ["more than a process may be given", "x".repeat(3_000_000)],
])("ends like a container that cannot start when a variable has %s", async (_, value) => {
  let said = "";
  const end = await new Promise<ProgramEnd>((onEnd) => {
    runProgram({
      entry: "-e",
      args: ["0"],
      environment: { VALUE: value },
      directory: tmpdir(),
      onOutput: (chunk) => {
        said += chunk.toString();
      },
      onEnd,
    });
  });
  expect(end).toEqual({ exitCode: 128 });
  expect(said).toMatch(/^cannot start the program: /);
});
