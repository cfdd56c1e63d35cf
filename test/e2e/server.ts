/** `operarius serve`, the built program, under the identity that deploy/kustomize gives it. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { OwnProcess } from "../../scripts/cluster/processes.ts";
import { end, isAlive, launch, tailOf } from "../../scripts/cluster/processes.ts";
import { until } from "../support/until.ts";
import type { SenderAuth } from "./monitoring/config.ts";

export interface ServerOptions {
  /** The bundled program. */
  entry: string;
  /** Of its ServiceAccount. */
  kubeconfig: string;
  method: SenderAuth["method"];
  flags: readonly string[];
  /** Existing folder for its log and the secrets' files. */
  directory: string;
  note: (started: OwnProcess) => void;
}

/** A line of its log. */
export interface LogLine {
  level: string;
  time: string;
  msg: string;
  [field: string]: unknown;
}

export interface RunningServer {
  url: string;
  /** What a sender has to be told. */
  auth: SenderAuth;
  /** All it has logged so far. */
  log(): LogLine[];
  logFile: string;
  /** Starts it again where it was before; resolves when it is ready to receive. */
  start(): Promise<void>;
  /** Asks it to end, and waits. */
  stop(): Promise<void>;
}

const user = "alertmanager";
const secrets = {
  none: "",
  basic: "pass:word with 'quotes' and ü",
  // Goes into a header as it is.
  bearer: "tOken-9f3b.7c1~e+/=",
};

/** Starts it on a port that the system picks; resolves when it is ready to receive. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { entry, kubeconfig, method, flags, directory } = options;
  const name = `operarius-serve-${method}`;
  const logFile = join(directory, `${name}.log`);
  const secretFile = join(directory, `${name}.secret`);
  writeFileSync(secretFile, secrets[method], { mode: 0o600 });
  const { auth, authFlags } = authenticationOf(method, secretFile);
  const common = ["--pace", "fast", "--kubeconfig", kubeconfig, "--authMethod", method, ...authFlags, ...flags];
  const log = (): LogLine[] => linesOf(logFile);
  const start = async (wanted: number): Promise<{ process: OwnProcess; port: number }> => {
    const before = existsSync(logFile) ? log().length : 0;
    const args = [entry, "serve", "--addr", `127.0.0.1:${wanted}`, ...common];
    const process_ = await launch({ name, file: process.execPath, args, env: {}, logFile });
    options.note(process_);
    const port = await until("the server to listen", () => {
      if (!isAlive(process_)) throw new Error(`operarius serve ended by itself:\n${tailOf(logFile, 8)}`);
      const line = log()
        .slice(before)
        .find(({ msg }) => msg === "listening");
      return line?.port as number | undefined;
    });
    await until("the server to be ready", async () => (await fetch(`http://127.0.0.1:${port}/readiness`)).ok, {
      seen: () => tailOf(logFile, 3),
    });
    return { process: process_, port };
  };
  let running = await start(0);
  return {
    url: `http://127.0.0.1:${running.port}`,
    auth,
    log,
    logFile,
    async start() {
      running = await start(running.port);
    },
    stop: () => end([running.process]),
  };
}

function authenticationOf(method: SenderAuth["method"], file: string): { auth: SenderAuth; authFlags: string[] } {
  switch (method) {
    case "none":
      return { auth: { method }, authFlags: [] };
    case "basic":
      return {
        auth: { method, user, passwordFile: file },
        authFlags: ["--authBasicUser", user, "--authBasicPassFile", file],
      };
    case "bearer":
      return { auth: { method, tokenFile: file }, authFlags: ["--authBearerTokenFile", file] };
  }
}

function linesOf(file: string): LogLine[] {
  const text = readFileSync(file, "utf8");
  // The last piece is empty, or a line that is still being written.
  return text
    .split("\n")
    .slice(0, -1)
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as LogLine);
}
