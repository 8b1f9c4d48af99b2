/** HTTP load balancers. One node is one balancer in one zone: a real proxy inside that zone's network interface. */
export interface BalancerDriver {
  /** Makes the node exactly this, without failing a request: starts it, reloads it, or moves targets in place. */
  apply(node: BalancerNode): Promise<void>;
  /** What the running proxy says of itself; undefined when there is no such node. */
  inspect(nodeId: string): Promise<ObservedNode | undefined>;
  /** Ends the node's proxy and removes its files. Removing what is not there is done already. */
  destroy(nodeId: string): Promise<void>;
  list(): Promise<readonly string[]>;
  /** Calls back when a node's target health or process changed. The answer ends it. */
  watch(listener: (nodeId: string) => void): () => void;
  destroyAll(): Promise<void>;
}

export interface BalancerNode {
  /** Unique in the region and fit for a file name: `<balancer name>.<balancer id>.<zone>`. */
  readonly id: string;
  /** Path of the namespace of its network interface. */
  readonly namespace: string;
  /** Its own address, to listen on. */
  readonly address: string;
  readonly idleTimeoutSeconds: number;
  readonly listeners: readonly BalancerListener[];
  readonly targetGroups: readonly BalancerTargetGroup[];
}

export interface BalancerListener {
  readonly port: number;
  readonly protocol: 'HTTP';
  /** By ascending priority; the last has none and matches everything. */
  readonly rules: readonly BalancerRule[];
}

export interface BalancerRule {
  /** Undefined for the default rule. */
  readonly priority: number | undefined;
  /** All must hold. */
  readonly conditions: readonly BalancerCondition[];
  readonly action: BalancerAction;
}

/** Patterns may hold `*` and `?`. Several values are alternatives. */
export type BalancerCondition =
  | {
      readonly field: 'host-header' | 'path-pattern' | 'http-request-method' | 'source-ip';
      readonly values: readonly string[];
    }
  | { readonly field: 'http-header'; readonly name: string; readonly values: readonly string[] }
  | {
      readonly field: 'query-string';
      readonly pairs: readonly { readonly key: string | undefined; readonly value: string }[];
    };

export type BalancerAction =
  | {
      readonly type: 'forward';
      readonly targetGroups: readonly { readonly id: string; readonly weight: number }[];
    }
  | {
      readonly type: 'redirect';
      readonly status: 301 | 302;
      readonly protocol: string;
      readonly host: string;
      readonly port: string;
      readonly path: string;
      readonly query: string;
    }
  | {
      readonly type: 'fixed-response';
      readonly status: number;
      readonly contentType: string;
      readonly body: string;
    };

export interface BalancerTargetGroup {
  /** Fit for a file name. */
  readonly id: string;
  readonly algorithm: 'round_robin' | 'least_outstanding_requests' | 'weighted_random';
  readonly stickiness: { readonly durationSeconds: number } | undefined;
  readonly slowStartSeconds: number;
  readonly healthCheck: BalancerHealthCheck;
  readonly targets: readonly BalancerTarget[];
}

export interface BalancerHealthCheck {
  readonly path: string;
  /** `traffic-port` is resolved by the caller for each target. */
  readonly port: number | 'traffic-port';
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  /** `200`, `200-299`, `200,301` */
  readonly matcher: string;
}

export interface BalancerTarget {
  readonly address: string;
  readonly port: number;
  /** No new requests; those under way go on. The caller removes the target when its delay is over. */
  readonly isDraining: boolean;
}

export interface ObservedNode {
  readonly isRunning: boolean;
  readonly targets: readonly ObservedTarget[];
}

export interface ObservedTarget {
  readonly targetGroupId: string;
  readonly address: string;
  readonly port: number;
  /** `initial` until its first check is decided. */
  readonly health: 'initial' | 'healthy' | 'unhealthy' | 'draining';
  /** Why it is unhealthy: what the last check saw. */
  readonly reason: 'timeout' | 'connection-failed' | 'response-code' | undefined;
  /** The status code of the last check that had one. */
  readonly responseCode: number | undefined;
  /** Requests under way. */
  readonly sessions: number;
}
