import type { ObservedTarget } from '#/drivers/balancer/driver.ts';
import { resourceType, type Resource } from '#/store/resource.ts';

/** Its id is its ARN. */
export type LoadBalancer = Resource<
  'AWS::ElasticLoadBalancingV2::LoadBalancer',
  LoadBalancerSpec,
  LoadBalancerStatus
>;

export interface LoadBalancerSpec {
  readonly name: string;
  /** The 16 hexadecimal digits at the end of its ARN. */
  readonly balancerId: string;
  readonly scheme: 'internet-facing' | 'internal';
  readonly vpcId: string;
  readonly dnsName: string;
  readonly securityGroupIds: readonly string[];
  readonly zones: readonly LoadBalancerZone[];
  /** Interfaces of zones that were taken away; the controller gives them back. */
  readonly retiredNetworkInterfaceIds: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
}

/** One enabled zone: there a node runs in an interface of its own. */
export interface LoadBalancerZone {
  readonly availabilityZone: string;
  readonly subnetId: string;
  readonly networkInterfaceId: string;
}

export interface LoadBalancerStatus {
  readonly state: 'provisioning' | 'active' | 'failed';
  readonly nodes: readonly LoadBalancerNodeStatus[];
}

export interface LoadBalancerNodeStatus {
  readonly availabilityZone: string;
  readonly isRunning: boolean;
  /** What the node last said of its targets. */
  readonly targets: readonly NodeTarget[];
}

export type NodeTarget = Omit<ObservedTarget, 'sessions'>;

export const loadBalancerType = resourceType<LoadBalancer>('AWS::ElasticLoadBalancingV2::LoadBalancer', {
  name: ({ spec }) => [spec.name],
  nodePrefix: ({ spec }) => [nodePrefix(spec)],
  networkInterfaceId: ({ spec }) => spec.zones.map(({ networkInterfaceId }) => networkInterfaceId),
});

/** What the ids of all its nodes begin with; a zone's name follows after a dot. */
export function nodePrefix({ name, balancerId }: LoadBalancerSpec): string {
  return `${name}.${balancerId}`;
}

/** `app/Inventory-LB/0123456789abcdef` */
export function fullName({ name, balancerId }: LoadBalancerSpec): string {
  return `app/${name}/${balancerId}`;
}

/** Attributes that a new load balancer has: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#load-balancer-attributes */
export const defaultAttributes: Readonly<Record<string, string>> = {
  'access_logs.s3.enabled': 'false',
  'access_logs.s3.bucket': '',
  'access_logs.s3.prefix': '',
  'idle_timeout.timeout_seconds': '60',
  'deletion_protection.enabled': 'false',
  'routing.http2.enabled': 'true',
  'routing.http.drop_invalid_header_fields.enabled': 'false',
  'routing.http.xff_client_port.enabled': 'false',
  'routing.http.preserve_host_header.enabled': 'false',
  'routing.http.xff_header_processing.mode': 'append',
  'routing.http.desync_mitigation_mode': 'defensive',
  'routing.http.x_amzn_tls_version_and_cipher_suite.enabled': 'false',
  'load_balancing.cross_zone.enabled': 'true',
  'waf.fail_open.enabled': 'false',
  'connection_logs.s3.enabled': 'false',
  'connection_logs.s3.bucket': '',
  'connection_logs.s3.prefix': '',
  'client_keep_alive.seconds': '3600',
  'zonal_shift.config.enabled': 'false',
};
