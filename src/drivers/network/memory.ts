import type { Network, NetworkDriver } from '#/drivers/network/driver.ts';
import { evaluateFlow, type Decision, type Packet } from '#/drivers/network/evaluate.ts';

/** The twin of the kernel's networks: remembers what was applied and moves no packet. */
export interface MemoryNetwork extends NetworkDriver {
  /** The network as it was last applied. */
  networkOf(networkId: string): Network | undefined;
  /** Whether a flow would come about in this network, and what decides it. */
  evaluate(networkId: string, packet: Packet): Decision;
  /** What a vandal does in the kernel: the network stays, but is no longer what was applied. */
  damage(networkId: string): void;
  /** Whether the link's guest answers its router; every link's does unless told. */
  setAnswering(linkId: string, isAnswering: boolean): void;
}

export function memoryNetwork(): MemoryNetwork {
  const networks = new Map<string, Network>();
  const damaged = new Set<string>();
  const silent = new Set<string>();

  return {
    async prepare() {},
    async apply(network) {
      networks.set(network.id, network);
      damaged.delete(network.id);
    },
    async inspect(networkId) {
      const network = networks.get(networkId);
      return network && { linkIds: network.links.map(({ id }) => id), isIntact: !damaged.has(networkId) };
    },
    async destroy(networkId) {
      networks.delete(networkId);
      damaged.delete(networkId);
    },
    list: () => Promise.resolve([...networks.keys()]),
    namespaceOf: (linkId) => `memory:${linkId}`,
    probe: (networkId, linkId) =>
      Promise.resolve(
        !silent.has(linkId) && (networks.get(networkId)?.links.some(({ id }) => id === linkId) ?? false),
      ),
    async destroyAll() {
      networks.clear();
      damaged.clear();
    },

    networkOf: (networkId) => networks.get(networkId),
    evaluate(networkId, packet) {
      const network = networks.get(networkId);
      return network ? evaluateFlow(network, packet) : { isAllowed: false, by: { stage: 'route' } };
    },
    damage: (networkId) => void damaged.add(networkId),
    setAnswering: (linkId, isAnswering) => void (isAnswering ? silent.delete(linkId) : silent.add(linkId)),
  };
}
