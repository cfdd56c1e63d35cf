/** `npm run image`: called by scripts/image.mjs. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { cacheDirectory } from "../cluster/build.ts";
import { ClusterProblem, wordsOf } from "../cluster/problem.ts";
import { buildImage } from "./build-image.ts";

export interface MainContext {
  env: Readonly<Record<string, string | undefined>>;
  /** The checkout. */
  root: string;
  /** Existing folder; the caller removes it. */
  scratch: string;
  machine: { platform: string; arch: string };
  signal: AbortSignal;
  out: (line: string) => void;
  err: (line: string) => void;
}

/** Returns the exit code: 0 done, 1 failed, 2 usage, 3 interrupted. */
export async function main(args: readonly string[], context: MainContext): Promise<number> {
  const { env, signal, out, err: log } = context;
  let output: string;
  try {
    const { values } = parseArgs({ args: [...args], options: { output: { type: "string" } } });
    output = resolve(values.output ?? "operarius.tar");
  } catch (error) {
    log(`${wordsOf(error)}. Usage: npm run image -- [--output FILE]`);
    return 2;
  }
  try {
    const { name, bytes, digest } = await buildImage({ ...context, cache: cacheDirectory(env), output, log });
    out(`${output}: ${name}, ${Math.round(bytes / 1024 ** 2)} MiB, sha256 ${digest}`);
    return 0;
  } catch (error) {
    if (signal.aborted) {
      log("interrupted; nothing was written");
      return 3;
    }
    if (!(error instanceof ClusterProblem)) throw error;
    log(error.message);
    return 1;
  }
}
