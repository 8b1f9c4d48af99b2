import type * as aws from '@aws-sdk/client-elastic-load-balancing-v2';
import { randomText } from '#/lib/random.ts';
import type { Context, Handlers } from '#/services/contract.ts';
import { createManagedInterface } from '#/services/ec2/network-interface/managed.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';
import { securityGroupType } from '#/services/ec2/security-group/resource.ts';
import { subnetType, type Subnet } from '#/services/ec2/subnet/resource.ts';
import {
  duplicateLoadBalancerName,
  invalidConfiguration,
  invalidSecurityGroup,
  loadBalancerNotFound,
  operationNotPermitted,
  subnetNotFound,
  tooMany,
  unsupported,
  validationError,
} from '#/services/elbv2/errors.ts';
import { toAttributes, toPage, toTags, withAttributes } from '#/services/elbv2/lists.ts';
import { listenerType } from '#/services/elbv2/listener/resource.ts';
import { removeListener } from '#/services/elbv2/listener/remove.ts';
import {
  defaultAttributes,
  fullName,
  loadBalancerType,
  type LoadBalancer,
  type LoadBalancerZone,
} from '#/services/elbv2/load-balancer/resource.ts';
import type { Store } from '#/store/store.ts';
import type { Elbv2Api } from '#/wire/api/elbv2.ts';

const loadBalancersMax = 50;

/** Route 53's zone of the region's load balancer names; aliases name it. */
const canonicalHostedZoneId = 'Z3Q77PNBQS71R4';

export const loadBalancerOperations = {
  CreateLoadBalancer(input, context) {
    const { store } = context;
    checkKind(input.Type, input.IpAddressType);
    checkName(input.Name);
    const subnets = requireSubnets(
      store,
      input.Subnets ?? input.SubnetMappings?.map(({ SubnetId = '' }) => SubnetId),
    );
    const scheme = input.Scheme ?? 'internet-facing';
    const securityGroupIds = input.SecurityGroups ?? [];
    checkSecurityGroups(store, securityGroupIds, subnets[0]?.spec.vpcId);
    const existing = store.listBy(loadBalancerType, 'name', input.Name)[0];
    if (existing) {
      const isSame =
        existing.spec.scheme === scheme &&
        sameSet(
          existing.spec.zones.map(({ subnetId }) => subnetId),
          subnets.map(({ id }) => id),
        ) &&
        (securityGroupIds.length === 0 || sameSet(existing.spec.securityGroupIds, securityGroupIds));
      if (!isSame) throw duplicateLoadBalancerName(input.Name);
      return { LoadBalancers: [toOutput(existing)] };
    }
    if (store.list(loadBalancerType).length >= loadBalancersMax) throw tooMany('LoadBalancers');
    return { LoadBalancers: [toOutput(create(context, input, subnets, scheme, securityGroupIds))] };
  },

  DescribeLoadBalancers(input, { store }) {
    const { LoadBalancerArns: arns, Names: names } = input;
    const found = arns
      ? arns.map((arn) => requireLoadBalancer(store, arn))
      : names
        ? names.map((name) => requireNamed(store, name))
        : store.list(loadBalancerType);
    const { items, NextMarker } = toPage(found, input);
    return { LoadBalancers: items.map(toOutput), NextMarker };
  },

  DeleteLoadBalancer({ LoadBalancerArn }, { store }) {
    const loadBalancer = store.get(loadBalancerType, LoadBalancerArn);
    if (!loadBalancer) return {}; // deleting what is gone succeeds
    if (loadBalancer.spec.attributes['deletion_protection.enabled'] === 'true')
      throw operationNotPermitted(
        `Load balancer '${LoadBalancerArn}' cannot be deleted because deletion protection is enabled`,
      );
    for (const listener of store.listBy(listenerType, 'loadBalancerArn', loadBalancer.id))
      removeListener(store, listener);
    store.markDeleted(loadBalancer);
    return {};
  },

  DescribeLoadBalancerAttributes({ LoadBalancerArn }, { store }) {
    return { Attributes: toAttributes(requireLoadBalancer(store, LoadBalancerArn).spec.attributes) };
  },

  ModifyLoadBalancerAttributes({ LoadBalancerArn, Attributes }, { store }) {
    const loadBalancer = requireLoadBalancer(store, LoadBalancerArn);
    const attributes = withAttributes(loadBalancer.spec.attributes, Attributes, 'Load balancer');
    const idle = Number(attributes['idle_timeout.timeout_seconds']);
    if (!Number.isInteger(idle) || idle < 1 || idle > 4000)
      throw validationError(
        "Load balancer attribute 'idle_timeout.timeout_seconds' must be between 1 and 4000",
      );
    store.setSpec(loadBalancer, { ...loadBalancer.spec, attributes });
    return { Attributes: toAttributes(attributes) };
  },

  SetSecurityGroups({ LoadBalancerArn, SecurityGroups }, { store }) {
    const loadBalancer = requireLoadBalancer(store, LoadBalancerArn);
    checkSecurityGroups(store, SecurityGroups, loadBalancer.spec.vpcId);
    for (const { networkInterfaceId } of loadBalancer.spec.zones) {
      const networkInterface = store.get(networkInterfaceType, networkInterfaceId);
      if (networkInterface)
        store.setSpec(networkInterface, { ...networkInterface.spec, securityGroupIds: SecurityGroups });
    }
    store.setSpec(loadBalancer, { ...loadBalancer.spec, securityGroupIds: SecurityGroups });
    return { SecurityGroupIds: SecurityGroups };
  },

  SetSubnets(input, context) {
    const { store } = context;
    const loadBalancer = requireLoadBalancer(store, input.LoadBalancerArn);
    const subnets = requireSubnets(
      store,
      input.Subnets ?? input.SubnetMappings?.map(({ SubnetId = '' }) => SubnetId),
    );
    const { spec } = loadBalancer;
    const zones = subnets.map(
      (subnet) =>
        spec.zones.find(({ subnetId }) => subnetId === subnet.id) ??
        createZone(context, subnet, spec, spec.securityGroupIds),
    );
    const retired = spec.zones
      .filter((zone) => !zones.includes(zone))
      .map(({ networkInterfaceId }) => networkInterfaceId);
    store.setSpec(loadBalancer, {
      ...spec,
      zones,
      retiredNetworkInterfaceIds: [...spec.retiredNetworkInterfaceIds, ...retired],
    });
    return { AvailabilityZones: zones.map(toZone), IpAddressType: 'ipv4' };
  },
} satisfies Handlers<Elbv2Api>;

/** The load balancer. Throws LoadBalancerNotFound. */
export function requireLoadBalancer(store: Store, arn: string): LoadBalancer {
  const found = store.get(loadBalancerType, arn);
  if (!found) throw loadBalancerNotFound(arn);
  return found;
}

function requireNamed(store: Store, name: string): LoadBalancer {
  const [found] = store.listBy(loadBalancerType, 'name', name);
  if (!found) throw loadBalancerNotFound(name);
  return found;
}

function create(
  context: Context,
  input: { readonly Name: string; readonly Tags?: { Key: string; Value?: string }[] },
  subnets: readonly Subnet[],
  scheme: LoadBalancer['spec']['scheme'],
  wishedGroupIds: readonly string[],
): LoadBalancer {
  const { store, random, region, account } = context;
  const balancerId = randomText(random, '0123456789abcdef', 16);
  const identity = { name: input.Name, balancerId, scheme };
  const zones = subnets.map((subnet) => createZone(context, subnet, identity, wishedGroupIds));
  const [firstZone] = zones;
  const firstInterface = firstZone && store.get(networkInterfaceType, firstZone.networkInterfaceId);
  const internal = scheme === 'internal' ? 'internal-' : '';
  return store.create(loadBalancerType, {
    id: `arn:aws:elasticloadbalancing:${region}:${account}:loadbalancer/app/${input.Name}/${balancerId}`,
    spec: {
      ...identity,
      vpcId: subnets[0]?.spec.vpcId ?? '',
      dnsName: `${internal}${input.Name}-${randomText(random, '123456789', 10)}.${region}.elb.amazonaws.com`,
      securityGroupIds: firstInterface?.spec.securityGroupIds ?? wishedGroupIds,
      zones,
      retiredNetworkInterfaceIds: [],
      attributes: defaultAttributes,
    },
    status: { state: 'provisioning', nodes: [] },
    tags: toTags(input.Tags),
  });
}

function createZone(
  context: Context,
  subnet: Subnet,
  { name, balancerId, scheme }: Pick<LoadBalancer['spec'], 'name' | 'balancerId' | 'scheme'>,
  securityGroupIds: readonly string[],
): LoadBalancerZone {
  const networkInterface = createManagedInterface(context, {
    subnetId: subnet.id,
    securityGroupIds,
    description: `ELB app/${name}/${balancerId}`,
    requester: 'amazon-elb',
    hasPublicAddress: scheme === 'internet-facing',
  });
  return {
    availabilityZone: subnet.spec.availabilityZone,
    subnetId: subnet.id,
    networkInterfaceId: networkInterface.id,
  };
}

function checkKind(type: string | undefined, ipAddressType: string | undefined): void {
  if (type !== undefined && type !== 'application')
    throw unsupported(`Load balancers of type '${type}' are not supported; only 'application' is`);
  if (ipAddressType !== undefined && ipAddressType !== 'ipv4')
    throw unsupported(`The IP address type '${ipAddressType}' is not supported; only 'ipv4' is`);
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html */
function checkName(name: string): void {
  if (name.length > 32)
    throw validationError(`The load balancer name '${name}' cannot be longer than '32' characters`);
  if (!/^[A-Za-z0-9-]+$/.test(name))
    throw validationError(
      `The load balancer name '${name}' can only contain characters that are alphanumeric characters and hyphens(-)`,
    );
  if (name.startsWith('-') || name.endsWith('-'))
    throw validationError(`The load balancer name '${name}' cannot begin or end with a hyphen(-)`);
  if (name.startsWith('internal-'))
    throw validationError(`The load balancer name '${name}' cannot begin with 'internal-'`);
}

function requireSubnets(store: Store, subnetIds: readonly string[] | undefined): Subnet[] {
  const subnets = (subnetIds ?? []).map((id) => {
    const subnet = store.get(subnetType, id);
    if (!subnet) throw subnetNotFound(id);
    return subnet;
  });
  const zones = new Set(subnets.map(({ spec }) => spec.availabilityZone));
  if (zones.size < subnets.length)
    throw invalidConfiguration(
      'A load balancer cannot be attached to multiple subnets in the same Availability Zone',
    );
  if (zones.size < 2)
    throw validationError('At least two subnets in two different Availability Zones must be specified');
  if (new Set(subnets.map(({ spec }) => spec.vpcId)).size > 1)
    throw invalidConfiguration('The subnets must be in the same VPC');
  return subnets;
}

function checkSecurityGroups(store: Store, groupIds: readonly string[], vpcId: string | undefined): void {
  for (const id of groupIds) {
    const group = store.get(securityGroupType, id);
    if (!group) throw invalidSecurityGroup(id);
    if (group.spec.vpcId !== vpcId) throw invalidConfiguration('One or more security groups are invalid');
  }
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item) => b.includes(item));
}

function toZone({ availabilityZone, subnetId }: LoadBalancerZone): aws.AvailabilityZone {
  return { ZoneName: availabilityZone, SubnetId: subnetId, LoadBalancerAddresses: [] };
}

function toOutput({ id, spec, status, createdAt }: LoadBalancer): aws.LoadBalancer {
  return {
    LoadBalancerArn: id,
    DNSName: spec.dnsName,
    CanonicalHostedZoneId: canonicalHostedZoneId,
    CreatedTime: new Date(createdAt),
    LoadBalancerName: spec.name,
    Scheme: spec.scheme,
    VpcId: spec.vpcId,
    State: { Code: status.state },
    Type: 'application',
    AvailabilityZones: spec.zones.map(toZone),
    SecurityGroups: [...spec.securityGroupIds],
    IpAddressType: 'ipv4',
  };
}

/** The attributes of its CloudFormation type. */
export function toCloudFormationAttributes({ id, spec }: LoadBalancer): Record<string, unknown> {
  return {
    LoadBalancerArn: id,
    DNSName: spec.dnsName,
    LoadBalancerFullName: fullName(spec),
    LoadBalancerName: spec.name,
    CanonicalHostedZoneID: canonicalHostedZoneId,
    SecurityGroups: spec.securityGroupIds,
  };
}
