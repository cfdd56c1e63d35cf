/** promtool, from PATH or out of its Debian package. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

function has(program: string): boolean {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).error === undefined;
}

/**
 * `env` with PROMTOOL where there is none in PATH and this machine can fetch it. It is taken out of the package without
 * installing it: no service starts, and the machine stays as it is. Without it the suite says that it did not run.
 */
export function withPromtool(env: Environment, scratch: string, log: (line: string) => void): Environment {
  if (env.PROMTOOL !== undefined || has("promtool")) return env;
  if (process.getuid?.() !== 0 || !has("apt-get") || !has("dpkg-deb")) return env;
  const folder = join(scratch, "deb");
  mkdirSync(folder);
  // apt reads and writes there as a user of its own.
  for (const each of [scratch, folder]) chmodSync(each, 0o755);
  const fetch = "apt-get update -qq && apt-get download -qq prometheus && dpkg-deb -x prometheus_*.deb .";
  const fetched = spawnSync("sh", ["-c", fetch], { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  const PROMTOOL = join(folder, "usr", "bin", "promtool");
  if (fetched.status === 0 && existsSync(PROMTOOL)) return { ...env, PROMTOOL };
  log(`promtool could not be fetched: ${fetched.stderr.trim().split("\n").slice(-3).join("; ")}`);
  return env;
}
