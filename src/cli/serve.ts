/** `operarius serve`: reads the configuration, wires the server together, runs it until told to stop. */
import { readFileSync } from "node:fs";
import { Command as Program } from "commander";
import type { ReadConfig, ServeConfig } from "../config/serve-config.ts";
import { readServeConfig } from "../config/serve-config.ts";
import { SERVE_FLAGS } from "../config/serve-flags.ts";
import { createKube } from "../kube/client.ts";
import { CredentialsError, loadCredentials } from "../kube/credentials.ts";
import { createLogger, errorText } from "../reporting/log.ts";
import { runServer } from "../server.ts";
import { version } from "../version.ts";
import type { CliContext, Command } from "./context.ts";
import { createLooks } from "./server-looks.ts";

const USAGE_ERROR = 2;
/** A connection that died without a word is noticed within half a minute, instead of five. */
const FAST_WATCHES = { longestWatchSeconds: 20, watchGraceMs: 5_000 };

/** Exit code 0 after a clean stop, 1 when it cannot run, 2 for a configuration that cannot work. */
export const serve: Command = async (args, context) => {
  const parsed = parseFlags(args, context);
  if (typeof parsed === "number") return parsed;
  const read = withUnknown(
    readServeConfig({ flags: parsed.flags, env: context.env, readFile: (path) => readFileSync(path, "utf8") }),
    parsed.unknown,
  );
  if (read.kind === "problems") {
    context.stderr.write(`operarius serve cannot start:\n${read.problems.map((each) => `  - ${each}\n`).join("")}`);
    context.stderr.write("See operarius serve --help.\n");
    return USAGE_ERROR;
  }
  return run(read.config, context);
};

async function run(config: ServeConfig, context: CliContext): Promise<number> {
  const { kubeconfig, context: kubeContext } = config;
  const log = createLogger({ level: config.logLevel, destination: context.stderr });
  try {
    const credentials = await loadCredentials({
      env: context.env,
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(kubeContext === undefined ? {} : { context: kubeContext }),
    });
    const kube = createKube(credentials, {
      userAgent: `operarius/${version}`,
      fieldManager: "operarius",
      ...(config.pace === "fast" ? FAST_WATCHES : {}),
    });
    const { OPERARIUS_COMMIT: commit = "unknown", OPERARIUS_BUILD_DATE: buildDate = "unknown" } = context.env;
    const about = { version, commit, buildDate };
    const { signal, now } = context;
    const { operariusNamespace: installationNamespace, pace } = config;
    const looks = createLooks({ kube, installationNamespace, pace, now, signal, log });
    await runServer({ config, kube, log, about, signal, now, looks });
    return 0;
  } catch (error) {
    const isUsage = error instanceof CredentialsError;
    // A CredentialsError says everything by itself; its cause would only repeat it.
    context.stderr.write(`operarius serve: ${isUsage ? error.message : errorText(error)}\n`);
    return isUsage ? USAGE_ERROR : 1;
  }
}

interface ParsedFlags {
  flags: Record<string, string>;
  unknown: string[];
}

/** The flags given, or the exit code when there is nothing more to do (help, or a flag without its value). */
function parseFlags(args: readonly string[], { stdout, stderr }: CliContext): ParsedFlags | number {
  const program = new Program("operarius serve")
    .description("Receives Alertmanager webhooks, starts the Job of the matching Operarius and follows it to its end.")
    .allowUnknownOption()
    .allowExcessArguments()
    .exitOverride()
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) });
  for (const { name, variable, placeholder, description, fallback } of SERVE_FLAGS) {
    const preset = fallback === undefined || fallback === "" ? "" : `, default ${fallback}`;
    program.option(`--${name} <${placeholder}>`, `${description} (${variable}${preset})`);
  }
  try {
    program.parse([...args], { from: "user" });
  } catch (error) {
    const { exitCode = 1 } = error as { exitCode?: number };
    return exitCode === 0 ? 0 : USAGE_ERROR;
  }
  return { flags: program.opts(), unknown: program.args };
}

function withUnknown(read: ReadConfig, unknown: readonly string[]): ReadConfig {
  if (unknown.length === 0) return read;
  const problems = unknown.map((argument) => `${argument}: no such flag or argument`);
  return { kind: "problems", problems: [...problems, ...(read.kind === "problems" ? read.problems : [])] };
}
