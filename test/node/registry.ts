/** A registry without images: whoever pulls from it learns that there is no such image. */
import { once } from "node:events";
import { createServer } from "node:http";

export interface Registry {
  /** Host and port, as image names begin with it. */
  name: string;
  close(): void;
}

/** Listens on this address, on a port that the system picks. */
export async function startRegistry(address: string): Promise<Registry> {
  const server = createServer((request, response) => {
    const isBase = request.url === "/v2/";
    response.writeHead(isBase ? 200 : 404, { "content-type": "application/json" });
    response.end(
      isBase ? "{}" : JSON.stringify({ errors: [{ code: "MANIFEST_UNKNOWN", message: "manifest unknown" }] }),
    );
  });
  server.listen(0, address);
  await once(server, "listening");
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("the registry has no port");
  return {
    name: `${address}:${bound.port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
