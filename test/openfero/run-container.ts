/** Runs a container's command on this machine, with the environment and the expansions that a kubelet would give it. */
import { spawn } from "node:child_process";
import type { Job } from "kubernetes-types/batch/v1";
import type { Container } from "kubernetes-types/core/v1";
import { buildEnvironment, expand } from "../../sandbox/kubelet/program/environment.ts";

/**
 * Resolves with its output; rejects when it exits with anything but 0. `env` comes on top, as an image's own variables
 * would.
 */
export function runContainer(
  job: Job,
  container: Container | undefined,
  options: { cwd: string; env?: Readonly<Record<string, string>> },
): Promise<string> {
  if (container === undefined) throw new Error("the Job has no such container");
  const environment = buildEnvironment(container, job.spec?.template ?? {}, () => undefined);
  if (environment.kind === "missing") throw new Error(environment.message);
  const { variables } = environment;
  const words = [...(container.command ?? []), ...(container.args ?? [])].map((word) => expand(word, variables));
  const [file = "", ...args] = words;
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", ...variables, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 60_000,
  });
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      text[name] += chunk;
    });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(text.stdout);
      else reject(new Error(`${file} exited with ${code}:\n${text.stdout}${text.stderr}`));
    });
  });
}
