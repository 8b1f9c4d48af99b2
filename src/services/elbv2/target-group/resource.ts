import { resourceType, type Resource } from '#/store/resource.ts';

/** Its id is its ARN. */
export type TargetGroup = Resource<
  'AWS::ElasticLoadBalancingV2::TargetGroup',
  TargetGroupSpec,
  TargetGroupStatus
>;

export interface TargetGroupSpec {
  readonly name: string;
  /** The 16 hexadecimal digits at the end of its ARN. */
  readonly groupId: string;
  readonly protocol: 'HTTP';
  readonly protocolVersion: string;
  readonly port: number;
  readonly vpcId: string;
  readonly targetType: 'instance' | 'ip';
  readonly healthCheck: TargetGroupHealthCheck;
  readonly attributes: Readonly<Record<string, string>>;
  readonly targets: readonly RegisteredTarget[];
}

export interface TargetGroupHealthCheck {
  readonly path: string;
  /** `traffic-port` or a number. */
  readonly port: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  /** `200`, `200-299`, `200,301` */
  readonly matcher: string;
}

export interface RegisteredTarget {
  /** An instance's id, or an address. */
  readonly id: string;
  readonly port: number;
  /** As given for an address; undefined otherwise. */
  readonly availabilityZone: string | undefined;
  /** Milliseconds since the epoch. */
  readonly registeredAt: number;
  /** Milliseconds since the epoch; it drains from then on. Undefined while it is registered. */
  readonly deregisteredAt: number | undefined;
}

export interface TargetGroupStatus {
  /** By `targetKey`. */
  readonly health: Readonly<Record<string, TargetHealth>>;
}

export interface TargetHealth {
  readonly state: 'initial' | 'healthy' | 'unhealthy' | 'unused' | 'draining' | 'unavailable';
  readonly reason: TargetHealthReason | undefined;
  readonly description: string | undefined;
}

export type TargetHealthReason =
  | 'Elb.RegistrationInProgress'
  | 'Elb.InitialHealthChecking'
  | 'Elb.InternalError'
  | 'Target.ResponseCodeMismatch'
  | 'Target.Timeout'
  | 'Target.FailedHealthChecks'
  | 'Target.NotRegistered'
  | 'Target.NotInUse'
  | 'Target.InvalidState'
  | 'Target.DeregistrationInProgress';

export const targetGroupType = resourceType<TargetGroup>('AWS::ElasticLoadBalancingV2::TargetGroup', {
  name: ({ spec }) => [spec.name],
  targetId: ({ spec }) => spec.targets.map(({ id }) => id),
});

export function targetKey({ id, port }: Pick<RegisteredTarget, 'id' | 'port'>): string {
  return `${id}:${port}`;
}

/** The group's name on its balancers' nodes. */
export function nodeGroupId({ name, groupId }: TargetGroupSpec): string {
  return `${name}.${groupId}`;
}

/** Attributes that a new target group has: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html */
export const defaultAttributes: Readonly<Record<string, string>> = {
  'deregistration_delay.timeout_seconds': '300',
  'stickiness.enabled': 'false',
  'stickiness.type': 'lb_cookie',
  'stickiness.lb_cookie.duration_seconds': '86400',
  'stickiness.app_cookie.cookie_name': '',
  'stickiness.app_cookie.duration_seconds': '86400',
  'load_balancing.algorithm.type': 'round_robin',
  'load_balancing.algorithm.anomaly_mitigation': 'off',
  'load_balancing.cross_zone.enabled': 'use_load_balancer_configuration',
  'slow_start.duration_seconds': '0',
  'target_group_health.dns_failover.minimum_healthy_targets.count': '1',
  'target_group_health.dns_failover.minimum_healthy_targets.percentage': 'off',
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.count': '1',
  'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage': 'off',
};
