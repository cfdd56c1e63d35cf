/** `operarius sandbox up`: the sandbox in the foreground. */
import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { CommanderError, InvalidArgumentError, Command as Parser } from "commander";
import type { CliContext, Command } from "../src/cli/context.ts";
import { packageRoot } from "./bootstrap/objects.ts";
import type { SandboxOptions } from "./start.ts";
import { startSandbox } from "./start.ts";

export { type Sandbox, type SandboxOptions, startSandbox } from "./start.ts";

const usageError = 2;
/** The first interrupt ends the sandbox cleanly: that is success. */
const success = 0;

interface Flags {
  nodes: number;
  apiPort?: number;
  kubeconfig?: string;
  example?: boolean;
}

function wholeNumber(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < low || value > high)
      throw new InvalidArgumentError(`It must be a whole number from ${low} to ${high}.`);
    return value;
  };
}

function parser(context: CliContext, onUp: (flags: Flags) => void): Parser {
  const root = new Parser("operarius sandbox").description("A Kubernetes cluster in one process, for demos and tests.");
  root.exitOverride().configureOutput({
    writeOut: (text) => void context.stdout.write(text),
    writeErr: (text) => void context.stderr.write(text),
  });
  root
    .command("up")
    .description("Start it and keep it until interrupted.")
    .option("--nodes <n>", "how many nodes, named n1 to nN", wholeNumber(1, 500), 4)
    .option("--api-port <n>", "port of the API server on 127.0.0.1 (default: a free one)", wholeNumber(0, 65_535))
    .option("--kubeconfig <file>", "write the administrator's kubeconfig here (default: in a temporary directory)")
    .option("--example", "also create the DaemonSet kube-system/agent and the operarius for it")
    .copyInheritedSettings(root)
    .action(onUp);
  return root;
}

/** A problem that the person at the keyboard can solve: exit code 2. */
class UsageProblem extends Error {}

function checkKubeconfig(file: string): void {
  try {
    // Not recursive: on file systems that refuse new folders (/proc) Node's recursive mkdir never comes back.
    if (!existsSync(dirname(file))) mkdirSync(dirname(file));
    accessSync(existsSync(file) ? file : dirname(file), constants.W_OK);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageProblem(`cannot write the kubeconfig ${file}: ${why}. Choose another file with --kubeconfig.`);
  }
}

function explain(error: unknown, flags: Flags): UsageProblem | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE")
    return new UsageProblem(
      `port ${flags.apiPort} on 127.0.0.1 is taken. Choose another with --api-port, or leave it out.`,
    );
  if (code === "EACCES" && flags.apiPort !== undefined)
    return new UsageProblem(
      `port ${flags.apiPort} on 127.0.0.1 is not allowed for this user. Choose one above 1023 with --api-port.`,
    );
  return code === "EISDIR"
    ? new UsageProblem(`${flags.kubeconfig} is a directory. Name a file with --kubeconfig.`)
    : undefined;
}

function optionsOf(flags: Flags, context: CliContext): SandboxOptions {
  const programEntry = join(packageRoot(), "dist", "operarius.js");
  return {
    nodes: flags.nodes,
    ...(flags.apiPort === undefined ? {} : { apiPort: flags.apiPort }),
    ...(flags.kubeconfig === undefined ? {} : { kubeconfigFile: resolve(flags.kubeconfig) }),
    example: flags.example === true,
    programEntry,
    log: (line) => void context.stderr.write(`${line}\n`),
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener("abort", () => done(), { once: true });
  });
}

async function up(flags: Flags, context: CliContext): Promise<number> {
  if (flags.kubeconfig !== undefined) checkKubeconfig(resolve(flags.kubeconfig));
  const sandbox = await startSandbox(optionsOf(flags, context)).catch((error: unknown) => {
    throw explain(error, flags) ?? error;
  });
  try {
    const count = `${flags.nodes} node${flags.nodes === 1 ? "" : "s"}`;
    if (!context.signal.aborted)
      context.stdout.write(`ready: ${count}, kubeconfig ${sandbox.kubeconfigFile}, api ${sandbox.url}\n`);
    await aborted(context.signal);
  } finally {
    await sandbox.stop();
  }
  return success;
}

/** `sandbox up [--nodes N] [--api-port N] [--kubeconfig FILE] [--example]`; the arguments start after `sandbox`. */
export const run: Command = async (args, context) => {
  const chosen: Flags[] = [];
  try {
    parser(context, (flags) => void chosen.push(flags)).parse([...args], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? success : usageError;
  }
  const [flags] = chosen;
  if (flags === undefined) return usageError;
  try {
    return await up(flags, context);
  } catch (error) {
    context.stderr.write(`operarius sandbox: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof UsageProblem ? usageError : 1;
  }
};
