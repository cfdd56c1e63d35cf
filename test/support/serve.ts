/** Starts `operarius serve --pace fast` as users do, and talks to it over HTTP. */
import type { Program } from "./program.ts";
import { startProgram } from "./program.ts";
import { until } from "./until.ts";

export interface Server {
  url: string;
  program: Program;
  /** Posts one body to /alerts, again after each 503 as Alertmanager does; the last answer's code and text. */
  post(body: string): Promise<{ code: number; text: string }>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | undefined>;
}

export interface ServeOptions {
  entry: string;
  kubeconfig: string;
  home: string;
  /** Further flags and variables. */
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Flags of node itself. */
  nodeFlags?: readonly string[];
}

/** Resolves when it answers its start-up probe. */
export async function startServe(options: ServeOptions): Promise<Server> {
  const server = await startListening(options);
  await until("the server to be started", async () => (await fetch(`${server.url}/startupz`)).status === 200, {
    seen: () => server.program.output(),
  });
  return server;
}

/** Resolves when it listens; it may not know the cluster yet. */
export async function startListening(options: ServeOptions): Promise<Server> {
  const { entry, kubeconfig, home, args = [], env, nodeFlags = [] } = options;
  const program = startProgram({
    entry,
    args: ["serve", "--pace", "fast", "--addr", "127.0.0.1:0", "--kubeconfig", kubeconfig, ...args],
    env: { HOME: home, ...env },
    nodeFlags,
    killAfterMs: 300_000,
  });
  await program.printed(/"port":\d+.*"listening"/);
  const port = /"port":(\d+)/.exec(program.output())?.[1];
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    program,
    post: (body) =>
      until("an answer to the delivery", async () => {
        const headers = { "content-type": "application/json" };
        const answer = await fetch(`${url}/alerts`, { method: "POST", headers, body });
        const text = await answer.text();
        return answer.status !== 503 && { code: answer.status, text };
      }),
    async stop() {
      program.signal("SIGTERM");
      return (await program.ended).code;
    },
  };
}
