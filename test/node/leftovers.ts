/** What a run makes on the machine beside files, written down as it is made: the next run ends and removes it. */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { write } from "../../scripts/cluster/files.ts";
import type { OwnProcess } from "../../scripts/cluster/processes.ts";
import { end, isAlive } from "../../scripts/cluster/processes.ts";
import { endRecorded, nameAndPid } from "../../scripts/cluster/record.ts";
import { removeCgroup } from "./cgroups.ts";
import type { Layout } from "./layout.ts";

interface Made {
  /** Everything but the processes of the control plane and of the nodes: they are in the control plane's record. */
  processes: OwnProcess[];
  cgroups: string[];
}

const fileName = "machine.json";

/** Folder of the control plane, below that of the suite. */
export function planeDirectory(directory: string): string {
  return join(directory, "plane");
}

/** To be called before any cgroup of the layout is made. */
export function noteMade(directory: string, { nodes }: Layout, processes: OwnProcess[]): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const made: Made = { processes, cgroups: nodes.map(({ cgroup }) => cgroup) };
  write(join(directory, fileName), JSON.stringify(made));
}

/**
 * Ends every recorded process, whoever started it, and removes what was made. With the processes go their namespaces:
 * mounts and interfaces. Resolves with what was ended, in words.
 */
export async function removeAll(directory: string): Promise<string[]> {
  const ended = await endRecorded(planeDirectory(directory));
  const file = join(directory, fileName);
  if (existsSync(file)) {
    const { processes, cgroups } = parse(readFileSync(file, "utf8"));
    ended.push(...processes.filter(isAlive));
    await end(processes);
    for (const cgroup of cgroups) await removeCgroup(cgroup);
    rmSync(file);
  }
  return ended.map(nameAndPid);
}

/** Written by ourselves only; one that was cut short says that nothing else had been made yet. */
function parse(text: string): Made {
  try {
    return JSON.parse(text) as Made;
  } catch {
    return { processes: [], cgroups: [] };
  }
}
