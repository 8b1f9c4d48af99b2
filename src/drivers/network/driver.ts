/**
 * Networks enforced by the kernel. One network is one VPC: a router that knows its links (one for each network
 * interface), its routing tables and its packet filters. A link's far end is a network namespace in which a machine,
 * a balancer or a database server runs.
 */
export interface NetworkDriver {
  /** Makes what belongs to no network: the edge with the pool of public addresses, and the services guests see. */
  prepare(): Promise<void>;
  /** Makes the network exactly this, whatever it was. Repeating it changes nothing; flows that stay allowed live on. */
  apply(network: Network): Promise<void>;
  /** What the kernel has now; undefined when there is no such network. */
  inspect(networkId: string): Promise<ObservedNetwork | undefined>;
  /** Removes the network and every namespace of its links. Removing what is not there is done already. */
  destroy(networkId: string): Promise<void>;
  /** The ids of all networks found by mark. */
  list(): Promise<readonly string[]>;
  /** The path of a link's namespace, for those who run something in it: `/run/netns/…`. Pure. */
  namespaceOf(linkId: string): string;
  /**
   * Asks the link's guest whether it is there (the router resolves its address); for status checks.
   * False when it does not answer within a second or does not exist.
   */
  probe(networkId: string, linkId: string): Promise<boolean>;
  /** Removes everything of this region: networks, edge, services, and what was added to the host. */
  destroyAll(): Promise<void>;
}

export interface Network {
  /** `vpc-…` */
  readonly id: string;
  /** `10.0.0.0/16`; the first is the primary one, whose base plus two is the name server. */
  readonly cidrs: readonly string[];
  readonly subnets: readonly NetworkSubnet[];
  readonly links: readonly Link[];
  readonly routeTables: readonly NetworkRouteTable[];
  readonly accessLists: readonly AccessList[];
  readonly securityGroups: readonly NetworkSecurityGroup[];
  /** Whether public addresses work: an Internet gateway is attached. */
  readonly hasInternetGateway: boolean;
  /** Whether the guests' name server answers (enableDnsSupport). */
  readonly hasNameServer: boolean;
}

export interface NetworkSubnet {
  readonly id: string;
  readonly cidr: string;
  readonly routeTableId: string;
  readonly accessListId: string;
}

/** One network interface. */
export interface Link {
  /** `eni-…` */
  readonly id: string;
  readonly subnetId: string;
  /** Primary first. */
  readonly addresses: readonly string[];
  /** `0e:…` */
  readonly macAddress: string;
  readonly securityGroupIds: readonly string[];
  /** Drops what is not from or to its own addresses. */
  readonly sourceDestCheck: boolean;
  /** Private address to the public one that stands for it at the Internet gateway. */
  readonly publicAddresses: Readonly<Record<string, string>>;
  /** A NAT gateway's link: its namespace forwards and hides senders behind the link's address. */
  readonly isNat: boolean;
}

export interface NetworkRouteTable {
  readonly id: string;
  readonly routes: readonly NetworkRoute[];
}

/** The local routes are implied. */
export interface NetworkRoute {
  /** `0.0.0.0/0` */
  readonly destination: string;
  readonly target:
    | { readonly type: 'internet-gateway' }
    | { readonly type: 'link'; readonly linkId: string }
    | { readonly type: 'blackhole' };
}

export interface AccessList {
  readonly id: string;
  /** In any order; the lowest number that matches decides, none means deny. */
  readonly entries: readonly AccessListEntry[];
}

export interface AccessListEntry {
  readonly number: number;
  readonly direction: 'in' | 'out';
  readonly allow: boolean;
  readonly protocol: ProtocolMatch;
  /** The other side. */
  readonly cidr: string;
}

/** What a rule says of protocol and ports. Ports are those of the destination; `icmp` -1 means any. */
export type ProtocolMatch =
  | { readonly name: 'all' }
  | { readonly name: 'tcp' | 'udp'; readonly fromPort: number; readonly toPort: number }
  | { readonly name: 'icmp'; readonly type: number; readonly code: number }
  | { readonly name: 'number'; readonly number: number };

export interface NetworkSecurityGroup {
  readonly id: string;
  readonly rules: readonly SecurityGroupAllow[];
}

export interface SecurityGroupAllow {
  readonly direction: 'in' | 'out';
  readonly protocol: ProtocolMatch;
  /** The other side: a network, or whoever is a member of a group. */
  readonly peer: { readonly cidr: string } | { readonly securityGroupId: string };
}

export interface ObservedNetwork {
  readonly linkIds: readonly string[];
  /** Whether the packet filters and routes in the kernel are the ones last applied. */
  readonly isIntact: boolean;
}
