/** What a run makes on the machine beside processes and files, written down before it is made: the next run removes it. */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { write } from "../../scripts/cluster/files.ts";
import { endRecorded, nameAndPid } from "../../scripts/cluster/record.ts";
import { removeCgroup } from "./cgroups.ts";
import type { Layout } from "./layout.ts";
import type { Ip } from "./network.ts";
import { removeBridge } from "./network.ts";

interface Made {
  bridge: string;
  cgroups: string[];
}

const fileName = "machine.json";

/** Folder of the control plane, below that of the suite. */
export function planeDirectory(directory: string): string {
  return join(directory, "plane");
}

/** To be called before anything of the layout is made. */
export function noteLayout(directory: string, { bridge, nodes }: Layout): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const made: Made = { bridge, cgroups: nodes.map(({ cgroup }) => cgroup) };
  write(join(directory, fileName), JSON.stringify(made));
}

/**
 * Ends every recorded process, whoever started it, and removes what was made. With a node's first process its mounts and
 * interfaces go. Resolves with what was ended, in words.
 */
export async function removeAll(directory: string, ip: Ip): Promise<string[]> {
  const ended = await endRecorded(planeDirectory(directory));
  const file = join(directory, fileName);
  if (existsSync(file)) {
    // Written by ourselves only; one that was cut short says that nothing had been made yet.
    const made = parse(readFileSync(file, "utf8"));
    if (made !== undefined) {
      for (const cgroup of made.cgroups) await removeCgroup(cgroup);
      await removeBridge(ip, made.bridge);
    }
    rmSync(file);
  }
  return ended.map(nameAndPid);
}

function parse(text: string): Made | undefined {
  try {
    return JSON.parse(text) as Made;
  } catch {
    return undefined;
  }
}
