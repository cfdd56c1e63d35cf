/** Real kubectl, where the machine has it. */
import { spawn, spawnSync } from "node:child_process";

/** Why the tests that need kubectl cannot run here; undefined = they can. */
export function whyNoKubectl(): string | undefined {
  const { error, status } = spawnSync("kubectl", ["version", "--client"], { stdio: "ignore" });
  return error === undefined && status === 0 ? undefined : "kubectl is not on the PATH of this machine";
}

export interface KubectlOptions {
  kubeconfig: string;
  /** Holds kubectl's cache. */
  home: string;
  cwd: string;
}

/** Runs one command line as a person types it, through a shell. Resolves with stdout; rejects with what it complained about. */
export function kubectl(line: string, { kubeconfig, home, cwd }: KubectlOptions): Promise<string> {
  const child = spawn("sh", ["-euc", line], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      HOME: home,
      USER: "operator",
      KUBECONFIG: kubeconfig,
    },
    timeout: 60_000,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`${line}\nexit ${code}\n${stdout}${stderr}`));
    });
  });
}
