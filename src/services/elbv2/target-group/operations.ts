import type * as aws from '@aws-sdk/client-elastic-load-balancing-v2';
import { parseAddress } from '#/lib/cidr.ts';
import { randomText } from '#/lib/random.ts';
import type { Handlers } from '#/services/contract.ts';
import { instanceType } from '#/services/ec2/instance/resource.ts';
import { vpcType } from '#/services/ec2/vpc/resource.ts';
import {
  duplicateTargetGroupName,
  invalidTarget,
  resourceInUse,
  targetGroupNotFound,
  tooMany,
  unsupported,
  validationError,
} from '#/services/elbv2/errors.ts';
import { toAttributes, toPage, toTags, withAttributes } from '#/services/elbv2/lists.ts';
import { requireLoadBalancer } from '#/services/elbv2/load-balancer/operations.ts';
import { loadBalancersOfTargetGroup, targetGroupsOfLoadBalancer } from '#/services/elbv2/routing.ts';
import {
  defaultAttributes,
  targetGroupType,
  targetKey,
  type RegisteredTarget,
  type TargetGroup,
  type TargetGroupHealthCheck,
  type TargetHealth,
} from '#/services/elbv2/target-group/resource.ts';
import type { Store } from '#/store/store.ts';
import type { Elbv2Api } from '#/wire/api/elbv2.ts';
import type { InputOf } from '#/wire/api/operation.ts';

const targetsMax = 1000;

export const targetGroupOperations = {
  CreateTargetGroup(input, { store, random, region, account }) {
    checkName(input.Name);
    const targetType = input.TargetType ?? 'instance';
    if (targetType !== 'instance' && targetType !== 'ip')
      throw unsupported(`Targets of type '${targetType}' are not supported; only 'instance' and 'ip' are`);
    if (input.Protocol === undefined) throw validationError('A protocol must be specified');
    checkProtocol(input.Protocol);
    if (input.Port === undefined) throw validationError('A port must be specified');
    if (input.VpcId === undefined) throw validationError('A VPC ID must be specified');
    if (!store.get(vpcType, input.VpcId)) throw validationError(`The VPC ID '${input.VpcId}' is not found`);
    const wish = {
      name: input.Name,
      protocol: 'HTTP' as const,
      protocolVersion: input.ProtocolVersion ?? 'HTTP1',
      port: input.Port,
      vpcId: input.VpcId,
      targetType,
      healthCheck: withHealthCheck(defaultHealthCheck, input),
    };
    const existing = store.listBy(targetGroupType, 'name', input.Name)[0];
    if (existing) {
      const { groupId: _, attributes: __, targets: ___, ...settings } = existing.spec;
      if (JSON.stringify(settings) !== JSON.stringify(wish)) throw duplicateTargetGroupName(input.Name);
      return { TargetGroups: [toOutput(store, existing)] };
    }
    const groupId = randomText(random, '0123456789abcdef', 16);
    const group = store.create(targetGroupType, {
      id: `arn:aws:elasticloadbalancing:${region}:${account}:targetgroup/${input.Name}/${groupId}`,
      spec: { ...wish, groupId, attributes: defaultAttributes, targets: [] },
      status: { health: {} },
      tags: toTags(input.Tags),
    });
    return { TargetGroups: [toOutput(store, group)] };
  },

  DescribeTargetGroups(input, { store }) {
    const { items, NextMarker } = toPage(selectGroups(store, input), input);
    return { TargetGroups: items.map((group) => toOutput(store, group)), NextMarker };
  },

  ModifyTargetGroup(input, { store }) {
    const group = requireTargetGroup(store, input.TargetGroupArn);
    const healthCheck = withHealthCheck(group.spec.healthCheck, input);
    const modified = store.setSpec(group, { ...group.spec, healthCheck }) ?? group;
    return { TargetGroups: [toOutput(store, modified)] };
  },

  DeleteTargetGroup({ TargetGroupArn }, { store }) {
    const group = store.get(targetGroupType, TargetGroupArn);
    if (!group) return {}; // deleting what is gone succeeds
    if (loadBalancersOfTargetGroup(store, group.id).length > 0)
      throw resourceInUse(`Target group '${group.id}' is currently in use by a listener or a rule`);
    store.markDeleted(group);
    return {};
  },

  DescribeTargetGroupAttributes({ TargetGroupArn }, { store }) {
    return { Attributes: toAttributes(requireTargetGroup(store, TargetGroupArn).spec.attributes) };
  },

  ModifyTargetGroupAttributes({ TargetGroupArn, Attributes }, { store }) {
    const group = requireTargetGroup(store, TargetGroupArn);
    const attributes = withAttributes(group.spec.attributes, Attributes, 'Target group');
    checkAttributes(attributes);
    store.setSpec(group, { ...group.spec, attributes });
    return { Attributes: toAttributes(attributes) };
  },

  RegisterTargets({ TargetGroupArn, Targets }, { store, clock }) {
    const group = requireTargetGroup(store, TargetGroupArn);
    const targets = new Map(group.spec.targets.map((target) => [targetKey(target), target]));
    for (const { Id, Port, AvailabilityZone } of Targets) {
      const id = Id;
      checkTarget(store, group, id);
      const target: RegisteredTarget = {
        id,
        port: Port ?? group.spec.port,
        availabilityZone: AvailabilityZone,
        registeredAt: clock.now(),
        deregisteredAt: undefined,
      };
      const before = targets.get(targetKey(target));
      if (before && before.deregisteredAt === undefined) continue;
      targets.set(targetKey(target), target);
    }
    if (targets.size > targetsMax) throw tooMany('Targets');
    store.setSpec(group, { ...group.spec, targets: [...targets.values()] });
    return {};
  },

  DeregisterTargets({ TargetGroupArn, Targets }, { store, clock }) {
    const group = requireTargetGroup(store, TargetGroupArn);
    const targets = group.spec.targets.map((target) => {
      const isMeant = Targets.some(
        ({ Id, Port }) => Id === target.id && (Port === undefined || Port === target.port),
      );
      return isMeant && target.deregisteredAt === undefined
        ? { ...target, deregisteredAt: clock.now() }
        : target;
    });
    store.setSpec(group, { ...group.spec, targets });
    return {};
  },

  DescribeTargetHealth({ TargetGroupArn, Targets }, { store }) {
    const group = requireTargetGroup(store, TargetGroupArn);
    if (!Targets)
      return { TargetHealthDescriptions: group.spec.targets.map((target) => toHealth(group, target)) };
    return {
      TargetHealthDescriptions: Targets.flatMap(({ Id, Port }) => {
        const found = group.spec.targets.filter(
          ({ id, port }) => id === Id && (Port === undefined || Port === port),
        );
        if (found.length > 0) return found.map((target) => toHealth(group, target));
        return [toUnknownHealth(group, Id, Port)];
      }),
    };
  },
} satisfies Handlers<Elbv2Api>;

/** The target group. Throws TargetGroupNotFound. */
export function requireTargetGroup(store: Store, arn: string): TargetGroup {
  const found = store.get(targetGroupType, arn);
  if (!found) throw targetGroupNotFound(arn);
  return found;
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html */
const defaultHealthCheck: TargetGroupHealthCheck = {
  path: '/',
  port: 'traffic-port',
  intervalSeconds: 30,
  timeoutSeconds: 5,
  healthyThreshold: 5,
  unhealthyThreshold: 2,
  matcher: '200',
};

type HealthCheckInput = Pick<
  InputOf<Elbv2Api, 'CreateTargetGroup'>,
  | 'HealthCheckProtocol'
  | 'HealthCheckEnabled'
  | 'HealthCheckPath'
  | 'HealthCheckPort'
  | 'HealthCheckIntervalSeconds'
  | 'HealthCheckTimeoutSeconds'
  | 'HealthyThresholdCount'
  | 'UnhealthyThresholdCount'
  | 'Matcher'
>;

function withHealthCheck(before: TargetGroupHealthCheck, input: HealthCheckInput): TargetGroupHealthCheck {
  if (input.HealthCheckProtocol !== undefined && input.HealthCheckProtocol !== 'HTTP')
    throw unsupported(`Health checks by '${input.HealthCheckProtocol}' are not supported; only 'HTTP' is`);
  if (input.HealthCheckEnabled === false)
    throw validationError(
      'Health check enabled must be true for target groups with target type of instance or ip',
    );
  const after = {
    path: input.HealthCheckPath ?? before.path,
    port: input.HealthCheckPort ?? before.port,
    intervalSeconds: input.HealthCheckIntervalSeconds ?? before.intervalSeconds,
    timeoutSeconds: input.HealthCheckTimeoutSeconds ?? before.timeoutSeconds,
    healthyThreshold: input.HealthyThresholdCount ?? before.healthyThreshold,
    unhealthyThreshold: input.UnhealthyThresholdCount ?? before.unhealthyThreshold,
    matcher: input.Matcher?.HttpCode ?? before.matcher,
  };
  checkRange('Health check interval', after.intervalSeconds, 5, 300);
  checkRange('Health check timeout', after.timeoutSeconds, 2, 120);
  checkRange('Healthy threshold count', after.healthyThreshold, 2, 10);
  checkRange('Unhealthy threshold count', after.unhealthyThreshold, 2, 10);
  if (after.timeoutSeconds >= after.intervalSeconds)
    throw validationError(
      `Health check timeout '${after.timeoutSeconds}' must be smaller than or equal to the interval '${after.intervalSeconds}'`,
    );
  if (!after.path.startsWith('/') || after.path.length > 1024)
    throw validationError(`Health check path '${after.path}' must begin with a '/' character`);
  if (after.port !== 'traffic-port' && !/^[1-9]\d{0,4}$/.test(after.port))
    throw validationError(
      `Health check port '${after.port}' must be either 'traffic-port' or between 1 and 65535`,
    );
  if (!/^[2-4]\d\d(-[2-4]\d\d)?(,[2-4]\d\d(-[2-4]\d\d)?)*$/.test(after.matcher))
    throw validationError(
      `Health check matcher HTTP code '${after.matcher}' must be within '200-499' inclusive`,
    );
  return after;
}

function checkRange(what: string, value: number, min: number, max: number): void {
  if (value < min || value > max) throw validationError(`${what} must be between ${min} and ${max}`);
}

function checkAttributes(attributes: Readonly<Record<string, string>>): void {
  const ranges = [
    ['deregistration_delay.timeout_seconds', 0, 3600],
    ['stickiness.lb_cookie.duration_seconds', 1, 604_800],
    ['stickiness.app_cookie.duration_seconds', 1, 604_800],
  ] as const;
  for (const [key, min, max] of ranges) {
    const value = Number(attributes[key]);
    if (!Number.isInteger(value) || value < min || value > max)
      throw validationError(`'${key}' must be between ${min} and ${max}`);
  }
  const slowStart = Number(attributes['slow_start.duration_seconds']);
  if (slowStart !== 0 && !(slowStart >= 30 && slowStart <= 900))
    throw validationError("'slow_start.duration_seconds' must be 0 or between 30 and 900");
}

function checkName(name: string): void {
  if (name.length > 32)
    throw validationError(`Target group name '${name}' cannot be longer than '32' characters`);
  if (!/^[A-Za-z0-9-]+$/.test(name))
    throw validationError(
      `Target group name '${name}' can only contain characters that are alphanumeric characters or hyphens(-)`,
    );
  if (name.startsWith('-') || name.endsWith('-'))
    throw validationError(`Target group name '${name}' cannot begin or end with a hyphen(-)`);
}

function checkProtocol(protocol: string): void {
  if (protocol !== 'HTTP')
    throw unsupported(`Target groups of protocol '${protocol}' are not supported; only 'HTTP' is`);
}

function checkTarget(store: Store, group: TargetGroup, id: string): void {
  if (group.spec.targetType === 'ip') {
    if (parseAddress(id) === undefined)
      throw validationError(`The IP address '${id}' is not a valid IPv4 address`);
    return;
  }
  const instance = store.get(instanceType, id);
  if (!instance) throw invalidTarget(`The following targets are not valid instances: '${id}'`);
  const isRunning = instance.status.state === 'running' || instance.status.state === 'pending';
  if (!isRunning || instance.spec.wish === 'terminated')
    throw invalidTarget(`The following targets are not in a running state and cannot be registered: '${id}'`);
  if (instance.spec.vpcId !== group.spec.vpcId)
    throw invalidTarget(
      `The following targets are not in the target group VPC '${group.spec.vpcId}': '${id}'`,
    );
}

function selectGroups(
  store: Store,
  input: InputOf<Elbv2Api, 'DescribeTargetGroups'>,
): readonly TargetGroup[] {
  if (input.TargetGroupArns) return input.TargetGroupArns.map((arn) => requireTargetGroup(store, arn));
  if (input.Names)
    return input.Names.map((name) => {
      const [found] = store.listBy(targetGroupType, 'name', name);
      if (!found) throw targetGroupNotFound(name);
      return found;
    });
  if (input.LoadBalancerArn !== undefined)
    return targetGroupsOfLoadBalancer(store, requireLoadBalancer(store, input.LoadBalancerArn).id).map(
      (arn) => requireTargetGroup(store, arn),
    );
  return store.list(targetGroupType);
}

const registering: TargetHealth = {
  state: 'initial',
  reason: 'Elb.RegistrationInProgress',
  description: 'Target registration is in progress',
};

const draining: TargetHealth = {
  state: 'draining',
  reason: 'Target.DeregistrationInProgress',
  description: 'Target deregistration is in progress',
};

// A wish is shown at once: the group's controller has not looked since it was made.
function toHealth(group: TargetGroup, target: RegisteredTarget): aws.TargetHealthDescription {
  const found = group.status.health[targetKey(target)];
  const isCurrent = found && (found.state === 'draining') === (target.deregisteredAt !== undefined);
  const health = isCurrent ? found : target.deregisteredAt === undefined ? registering : draining;
  return {
    Target: {
      Id: target.id,
      Port: target.port,
      ...(target.availabilityZone === undefined ? {} : { AvailabilityZone: target.availabilityZone }),
    },
    HealthCheckPort: checkPort(group, target.port),
    TargetHealth: { State: health.state, Reason: health.reason, Description: health.description },
  };
}

function toUnknownHealth(
  group: TargetGroup,
  id: string,
  port: number | undefined,
): aws.TargetHealthDescription {
  return {
    Target: { Id: id, Port: port ?? group.spec.port },
    HealthCheckPort: checkPort(group, port ?? group.spec.port),
    TargetHealth: {
      State: 'unused',
      Reason: 'Target.NotRegistered',
      Description: 'Target is not registered to the target group',
    },
  };
}

function checkPort({ spec }: TargetGroup, targetPort: number): string {
  return spec.healthCheck.port === 'traffic-port' ? String(targetPort) : spec.healthCheck.port;
}

function toOutput(store: Store, { id, spec }: TargetGroup): aws.TargetGroup {
  const { healthCheck } = spec;
  return {
    TargetGroupArn: id,
    TargetGroupName: spec.name,
    Protocol: spec.protocol,
    Port: spec.port,
    VpcId: spec.vpcId,
    HealthCheckProtocol: 'HTTP',
    HealthCheckPort: healthCheck.port,
    HealthCheckEnabled: true,
    HealthCheckIntervalSeconds: healthCheck.intervalSeconds,
    HealthCheckTimeoutSeconds: healthCheck.timeoutSeconds,
    HealthyThresholdCount: healthCheck.healthyThreshold,
    UnhealthyThresholdCount: healthCheck.unhealthyThreshold,
    HealthCheckPath: healthCheck.path,
    Matcher: { HttpCode: healthCheck.matcher },
    LoadBalancerArns: [...loadBalancersOfTargetGroup(store, id)],
    TargetType: spec.targetType,
    ProtocolVersion: spec.protocolVersion,
    IpAddressType: 'ipv4',
  };
}
