/** The image of the server and of its Jobs, as the Dockerfile makes it: Node.js and the bundled program, nothing else. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Image } from "./archive.ts";
import { librariesOf } from "./libraries.ts";
import type { NodeBinary } from "./node-binary.ts";
import type { Entry } from "./tar.ts";

/** The OCI image configuration; the Dockerfile says the same in its own words. */
export const imageConfig = {
  User: "65532:65532",
  ExposedPorts: { "8080/tcp": {} },
  Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "NODE_ENV=production"],
  Entrypoint: ["node", "/app/operarius.js"],
  Cmd: ["serve"],
  WorkingDir: "/",
} as const;

/** For those who enter a container; there is no shell to write it in. */
const command = '#!/usr/local/bin/node\nimport("/app/operarius.js");\n';

const passwd = "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/nonexistent:/sbin/nologin\n";
const group = "root:x:0:\nnonroot:x:65532:\n";

export interface OperariusImageOptions {
  /** As the manifests call it. */
  name: string;
  node: NodeBinary;
  /** Folder of the bundled program. */
  program: string;
}

/** Errors: `ClusterProblem` when a library of Node.js is missing here. */
export async function operariusImage({ name, node, program }: OperariusImageOptions): Promise<Image> {
  const text = (path: string, data: string, mode = 0o644): Entry => ({ path, data: Buffer.from(data), mode });
  const file = (path: string, from: string, mode = 0o644): Entry => ({ path, data: readFileSync(from), mode });
  const libraries = await librariesOf(node.file);
  const bundle = readdirSync(program).filter((each) => each.endsWith(".js") && each !== "sandbox.js");
  return {
    names: [name],
    architecture: node.architecture,
    config: imageConfig,
    entries: [
      text("etc/passwd", passwd),
      text("etc/group", group),
      text("usr/local/bin/operarius", command, 0o755),
      file("usr/local/bin/node", node.file, 0o755),
      ...libraries.map((path) => file(path.slice(1), path, 0o755)),
      ...bundle.map((each) => file(`app/${each}`, join(program, each))),
    ],
  };
}
