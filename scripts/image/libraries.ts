/** The shared libraries that a program of this machine needs, by what its dynamic linker says. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { ClusterProblem, wordsOf } from "../cluster/problem.ts";

/** What glibc before 2.34 loads by name when a host name is looked up; ldd does not know of it. */
const loadedByName = ["libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2"];

/** Absolute paths, the dynamic linker itself among them. Errors: `ClusterProblem` when one is missing here. */
export async function librariesOf(file: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)("ldd", [file]).catch((error: unknown) => {
    throw new ClusterProblem(`ldd does not tell which libraries ${file} needs: ${wordsOf(error)}`);
  });
  const found = parseLdd(stdout);
  if (found.missing.length > 0) {
    throw new ClusterProblem(`${file} needs ${found.missing.join(", ")}, and this machine has no such library.`);
  }
  const libc = found.paths.find((path) => path.includes("/libc.so"));
  const more = libc === undefined ? [] : loadedByName.map((name) => join(dirname(libc), name)).filter(existsSync);
  return [...new Set([...found.paths, ...more])].toSorted();
}

/** What ldd prints: paths, and names of what it did not find. Pure. */
export function parseLdd(text: string): { paths: string[]; missing: string[] } {
  const paths: string[] = [];
  const missing: string[] = [];
  for (const line of text.split("\n")) {
    const absent = /^\s*(\S+) => not found/.exec(line)?.[1];
    const path = /(?:=> |^\s*)(\/\S+) \(0x/.exec(line)?.[1];
    if (absent !== undefined) missing.push(absent);
    else if (path !== undefined) paths.push(path);
  }
  return { paths, missing };
}
