/**
 * The network of all nodes: a bridge in a network namespace of its own, where no firewall and no setting of the host
 * reaches it. The host and every node hang on it by one interface.
 */
import { readlinkSync } from "node:fs";
import type { OwnProcess } from "../../scripts/cluster/processes.ts";
import { launch } from "../../scripts/cluster/processes.ts";
import { CannotRun } from "../support/tools/cannot-run.ts";
import { run } from "../support/tools/run.ts";
import { until } from "../support/until.ts";
import type { Layout, NodeLayout } from "./layout.ts";
import { layoutOf, layouts } from "./layout.ts";
import type { Tools } from "./tools.ts";

/** Runs the command `ip`. Resolves with stdout. */
export type Ip = (args: readonly string[]) => Promise<string>;

/** `ip` on the host; with the arguments of nsenter, inside a namespace. */
export function ipOf({ ip, nsenter, env }: Pick<Tools, "ip" | "nsenter" | "env">, inside?: readonly string[]): Ip {
  return (args) => (inside === undefined ? run(ip, args, { env }) : run(nsenter, [...inside, ip, ...args], { env }));
}

/** A layout whose addresses nobody uses here. Errors: `CannotRun` when there is none left. */
export async function freeLayout(host: Ip, names: readonly string[]): Promise<Layout> {
  // Addresses of this machine are in it as well.
  const routes = await host(["-4", "route", "show", "table", "all"]);
  for (let number = 0; number < layouts; number += 1) {
    const layout = layoutOf(number, names);
    const ranges = [layout.range, ...layout.nodes.map(({ podRange }) => podRange)];
    if (!ranges.some((range) => routes.includes(range.replace(/\d+\/\d+$/, "")))) return layout;
  }
  throw new CannotRun("the addresses 198.18.0.0/15 are in use on this machine");
}

const bridge = "bridge";

/** Starts the process whose network namespace has the bridge; with it the whole network ends. */
export async function startSwitch({ unshare, env }: Tools, logFile: string): Promise<OwnProcess> {
  const args = ["--net", "/bin/sleep", "infinity"];
  const started = await launch({ name: "switch", file: unshare, args, env, logFile });
  const namespaceOf = (pid: number | "self"): string => readlinkSync(`/proc/${pid}/ns/net`);
  await until("the network's namespace", () => namespaceOf(started.pid) !== namespaceOf("self"));
  return started;
}

/** Makes the bridge, and the host's interface to it. */
export async function connectHost(tools: Tools, { pid }: OwnProcess, layout: Layout): Promise<void> {
  const { interface: name, address, prefixLength } = layout;
  const host = ipOf(tools);
  const inside = ipOf(tools, [`--net=/proc/${pid}/ns/net`]);
  await inside(["link", "add", bridge, "type", "bridge"]);
  await inside(["link", "set", bridge, "up"]);
  await host(["link", "add", name, "type", "veth", "peer", "name", "host", "netns", String(pid)]);
  await inside(["link", "set", "host", "master", bridge, "up"]);
  await host(["addr", "add", `${address}/${prefixLength}`, "dev", name]);
  await host(["link", "set", name, "up"]);
}

/** Connects a node by its eth0, and tells it and the host the ways to all pods. `inside` are the node's arguments of nsenter. */
export async function connectNode(
  tools: Tools,
  { network, pid, inside }: { network: OwnProcess; pid: number; inside: readonly string[] },
  { layout, node }: { layout: Layout; node: NodeLayout },
): Promise<void> {
  const { name, address, podRange } = node;
  const onSwitch = ipOf(tools, [`--net=/proc/${network.pid}/ns/net`]);
  const onNode = ipOf(tools, inside);
  await onSwitch(["link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", String(pid)]);
  await onSwitch(["link", "set", name, "master", bridge, "up"]);
  await onNode(["addr", "add", `${address}/${layout.prefixLength}`, "dev", "eth0"]);
  await onNode(["link", "set", "eth0", "up"]);
  for (const other of layout.nodes.filter((each) => each !== node)) {
    await onNode(["route", "add", other.podRange, "via", other.address]);
  }
  await ipOf(tools)(["route", "add", podRange, "via", address]);
}
