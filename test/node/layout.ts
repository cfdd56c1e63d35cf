/** Addresses and names of everything that the suite makes on this machine. Pure. */

export interface NodeLayout {
  name: string;
  /** Of the node, in the network of all nodes. */
  address: string;
  /** Of its pods. */
  podRange: string;
  podGateway: string;
  /** Interface in the host's network namespace; its peer is the node's eth0. */
  interface: string;
  /** Below the root of every cgroup hierarchy. */
  cgroup: string;
}

export interface Layout {
  bridge: string;
  /** Of the bridge: where the API server listens. */
  address: string;
  /** Of the nodes. */
  range: string;
  prefixLength: number;
  nodes: readonly NodeLayout[];
}

/** How many such networks can be beside one another on a machine. */
export const layouts = 16;

/**
 * The layout with this number, below `layouts`. The addresses are of 198.18.0.0/15, which RFC 2544 reserves for tests of
 * network devices: no network that a machine is connected to has them.
 */
export function layoutOf(number: number, names: readonly string[]): Layout {
  const bridge = `operarius-${number}`;
  return {
    bridge,
    address: `198.18.${number}.1`,
    range: `198.18.${number}.0/24`,
    prefixLength: 24,
    nodes: names.map((name, index) => {
      const pods = `198.19.${number * 16 + index}`;
      return {
        name,
        address: `198.18.${number}.${10 + index}`,
        podRange: `${pods}.0/24`,
        podGateway: `${pods}.1`,
        interface: `${bridge}-${name}`,
        cgroup: `${bridge}-${name}`,
      };
    }),
  };
}
