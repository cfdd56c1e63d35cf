/** One bridge in the host's network namespace, and the nodes on it, each in a network namespace of its own. */
import { CannotRun } from "../support/tools/cannot-run.ts";
import { oneLine, run } from "../support/tools/run.ts";
import type { Layout, NodeLayout } from "./layout.ts";
import { layoutOf, layouts } from "./layout.ts";

/** A layout whose addresses nobody uses here. Errors: `CannotRun` when there is none left. */
export async function freeLayout(ip: Ip, names: readonly string[]): Promise<Layout> {
  const taken = await ip(["-4", "addr"]);
  const routes = await ip(["-4", "route", "show", "table", "all"]);
  for (let number = 0; number < layouts; number += 1) {
    const layout = layoutOf(number, names);
    const prefixes = [layout.range, ...layout.nodes.map(({ podRange }) => podRange)].map((range) =>
      range.replace(/\d+\/\d+$/, ""),
    );
    const isTaken = prefixes.some((prefix) => taken.includes(` ${prefix}`) || routes.includes(prefix));
    if (!isTaken && !taken.includes(`${layout.bridge}:`)) return layout;
  }
  throw new CannotRun("the addresses 198.18.0.0/15 are in use on this machine");
}

/** Runs the command `ip`. Resolves with stdout. */
export type Ip = (args: readonly string[]) => Promise<string>;

/** The `ip` at this path. */
export function ipAt(file: string, env: Readonly<Record<string, string | undefined>>): Ip {
  return (args) => run(file, args, { env });
}

/** Makes the bridge. Errors: `CannotRun` where the machine does not allow it. */
export async function makeBridge(ip: Ip, { bridge, address, prefixLength }: Layout): Promise<void> {
  try {
    await ip(["link", "add", bridge, "type", "bridge"]);
    await ip(["addr", "add", `${address}/${prefixLength}`, "dev", bridge]);
    await ip(["link", "set", bridge, "up"]);
  } catch (error) {
    throw new CannotRun(`a network bridge cannot be made here: ${oneLine(error)}`, { cause: error });
  }
}

/** Removes it, and with it the routes to it; the nodes' ends went with their namespaces. */
export async function removeBridge(ip: Ip, bridge: string): Promise<void> {
  const there = await ip(["-o", "link", "show", "type", "bridge"]);
  if (there.includes(` ${bridge}: `)) await ip(["link", "delete", bridge]);
}

/** Connects the network namespace of this process, and tells the host the way to its pods. `inside` runs `ip` in there. */
export async function connect(
  { host, inside, pid }: { host: Ip; inside: Ip; pid: number },
  layout: Layout,
  node: NodeLayout,
): Promise<void> {
  const { bridge, prefixLength } = layout;
  const { interface: name, address, podRange } = node;
  await host(["link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", String(pid)]);
  await host(["link", "set", name, "master", bridge, "up"]);
  await inside(["addr", "add", `${address}/${prefixLength}`, "dev", "eth0"]);
  await inside(["link", "set", "eth0", "up"]);
  await host(["route", "add", podRange, "via", address]);
  for (const other of layout.nodes.filter((each) => each !== node)) {
    await inside(["route", "add", other.podRange, "via", other.address]);
  }
}
