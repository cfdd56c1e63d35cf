/** Real kubectl, with a home of its own and nothing of the caller's configuration. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

export interface KubectlOptions {
  /** Given on stdin; objects as JSON. */
  stdin?: string | object;
  /** Further variables of its environment. */
  env?: Readonly<Record<string, string>>;
  kubeconfig?: string;
}

const timeoutMs = 60_000;

/** The first kubectl of the folders, or undefined. */
export function findKubectl(folders: readonly string[]): string | undefined {
  return folders.map((folder) => join(folder, "kubectl")).find((file) => existsSync(file));
}

/** The folders of a PATH. */
export function foldersOf(path: string | undefined): string[] {
  return (path ?? "").split(delimiter).filter((folder) => folder !== "");
}

/** Runs it to its end, whatever its exit code. Rejects when it cannot be started. */
export function runKubectl(
  setting: { file: string; kubeconfig: string; home: string },
  args: readonly string[],
  options: KubectlOptions = {},
): Promise<Output> {
  const { stdin, env, kubeconfig = setting.kubeconfig } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(setting.file, [...args], {
      env: { HOME: setting.home, KUBECONFIG: kubeconfig, PATH: "/usr/bin:/bin", ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const text = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (chunk: string) => {
        text[name] += chunk;
      });
    const overdue = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(overdue);
      resolve({ code: code ?? -1, ...text });
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end(stdin === undefined ? "" : typeof stdin === "string" ? stdin : JSON.stringify(stdin));
  });
}
