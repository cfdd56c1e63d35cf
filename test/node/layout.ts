/** Addresses and names of everything that the suite makes on this machine. Pure. */

export interface NodeLayout {
  name: string;
  /** Of the node, in the network of all nodes. */
  address: string;
  /** Of its pods. */
  podRange: string;
  podGateway: string;
  /** Below the root of every cgroup hierarchy. */
  cgroup: string;
}

export interface Layout {
  /** The only interface in the host's network namespace. */
  interface: string;
  /** Of that interface: where the API server listens. */
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
  const name = `operarius-${number}`;
  return {
    interface: name,
    address: `198.18.${number}.1`,
    range: `198.18.${number}.0/24`,
    prefixLength: 24,
    nodes: names.map((node, index) => {
      const pods = `198.19.${number * 16 + index}`;
      return {
        name: node,
        address: `198.18.${number}.${10 + index}`,
        podRange: `${pods}.0/24`,
        podGateway: `${pods}.1`,
        cgroup: `${name}-${node}`,
      };
    }),
  };
}
