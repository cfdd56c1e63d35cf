import { readFile } from "node:fs/promises";
import type { Container } from "kubernetes-types/core/v1";
import { tailOf } from "./log-buffer.ts";

/** Kubernetes' limits: of the message as a whole, and of what is taken from the log in its place. */
const messageBytes = 4096;
const logBytes = 2048;
const logLines = 80;

/** What a container left in its termination-message file, or the end of its log where its policy says so. */
export async function terminationMessage(input: {
  container: Container;
  file: string;
  exitCode: number;
  log: string;
}): Promise<string | undefined> {
  const text = await readFile(input.file, "utf8").catch(() => "");
  if (text !== "") return cut(text, messageBytes);
  const fallsBack = input.container.terminationMessagePolicy === "FallbackToLogsOnError" && input.exitCode !== 0;
  if (!fallsBack) return undefined;
  const tail = Buffer.from(tailOf(input.log, logLines));
  return tail.subarray(Math.max(0, tail.length - logBytes)).toString();
}

function cut(text: string, bytes: number): string {
  const all = Buffer.from(text);
  return all.length <= bytes ? text : all.subarray(0, bytes).toString();
}
