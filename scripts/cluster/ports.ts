/** The port of the API server: the only one that anybody has to know. */
import { once } from "node:events";
import { createServer } from "node:net";
import { ClusterProblem } from "./problem.ts";

export function portTaken(port: number): ClusterProblem {
  return new ClusterProblem(`port ${port} on 127.0.0.1 is taken. Choose another with --api-port, or leave it out.`);
}

/** The wanted port if nobody listens there; without a wish, one that the system picks. Errors: `ClusterProblem`. */
export async function freePort(wanted: number | undefined, host = "127.0.0.1"): Promise<number> {
  const server = createServer().listen(wanted ?? 0, host);
  try {
    await once(server, "listening");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (wanted === undefined || code !== "EADDRINUSE") throw error;
    throw portTaken(wanted);
  }
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
