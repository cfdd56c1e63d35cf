/** For tests: a server of its own, with the base objects, and ways to call it. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Kube } from "../../../src/kube/types.ts";
import { connectAs } from "../../bootstrap/connect.ts";
import { install } from "../../bootstrap/install.ts";
import { baseObjects } from "../../bootstrap/objects.ts";
import type { ApiServer } from "../server.ts";
import { startApiServer } from "../server.ts";

/** Whatever JSON.parse gives: tests look into answers of every shape. */
type Parsed = ReturnType<typeof JSON.parse>;

export interface RawAnswer {
  code: number;
  headers: Record<string, unknown>;
  text: string;
  json: Parsed;
}

export interface RawRequest {
  method?: string;
  body?: string | Buffer;
  type?: string;
  headers?: Record<string, string>;
  /** null: no credentials. Default: the administrator's token. */
  token?: string | null;
}

export interface TestServer {
  server: ApiServer;
  admin: Kube;
  as(user: string, groups?: string[]): Kube;
  call(path: string, request?: RawRequest): Promise<RawAnswer>;
  /** All audit entries so far. */
  audit(): Parsed[];
  stop(): Promise<void>;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function call(
  server: ApiServer,
  path: string,
  { method = "GET", body, type, headers = {}, token }: RawRequest,
): Promise<RawAnswer> {
  const bearer = token === undefined ? server.token("admin", ["system:masters"]) : token;
  const all = {
    ...(bearer === null ? {} : { Authorization: `Bearer ${bearer}` }),
    ...(type === undefined ? {} : { "Content-Type": type }),
    ...headers,
  };
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      `${server.url}${path}`,
      { method, headers: all, ca: server.caPem, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          resolve({ code: response.statusCode ?? 0, headers: response.headers, text, json: parse(text) });
        });
        response.on("error", reject);
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

export async function serve(): Promise<TestServer> {
  const directory = mkdtempSync(join(tmpdir(), "apiserver-test-"));
  const server = await startApiServer({ directory });
  const clients: Kube[] = [];
  const as = (user: string, groups?: string[]) => {
    const client = connectAs(server, user, groups);
    clients.push(client);
    return client;
  };
  const admin = as("admin", ["system:masters"]);
  await install(admin, baseObjects());
  return {
    server,
    admin,
    as,
    call: (path, request = {}) => call(server, path, request),
    audit: () =>
      readFileSync(server.auditFile, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    async stop() {
      for (const client of clients) client.close();
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
