/** The images of the pods beside ours: one static program, in one archive. */
import { readFileSync, writeFileSync } from "node:fs";
import { archiveOf } from "../../scripts/image/archive.ts";
import { pauseImage } from "./node-config.ts";

/** What the DaemonSet runs while it is well. */
export const agentImage = "agent:1";

/** Writes the archive with both images. */
export function writeTestImages(
  file: string,
  { busybox, architecture }: { busybox: string; architecture: string },
): void {
  const path = "/bin/busybox";
  const config = { Entrypoint: [path], Cmd: ["sleep", "2147483647"], WorkingDir: "/" };
  const entries = [
    { path: path.slice(1), data: readFileSync(busybox), mode: 0o755 },
    { path: "etc/passwd", data: Buffer.from("root:x:0:0:root:/:/bin/false\n") },
  ];
  writeFileSync(file, archiveOf({ names: [pauseImage, agentImage], architecture, entries, config }));
}
