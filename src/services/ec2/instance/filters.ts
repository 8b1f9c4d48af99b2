import type { Context } from '#/services/contract.ts';
import type { FilterFields } from '#/services/ec2/filters.ts';
import { privateDnsName } from '#/services/ec2/host-names.ts';
import { interfacesOf, publicAddressOf } from '#/services/ec2/instance/interfaces.ts';
import { toState } from '#/services/ec2/instance/output.ts';
import type { Instance } from '#/services/ec2/instance/resource.ts';
import { securityGroupType } from '#/services/ec2/security-group/resource.ts';

/** What DescribeInstances and DescribeInstanceStatus may be filtered by. */
export function instanceFilters({ store, region, account }: Context): FilterFields<Instance> {
  const interfaces = (instance: Instance) => interfacesOf(store, instance);
  const addresses = (instance: Instance) =>
    interfaces(instance).flatMap(({ spec }) => spec.privateIpAddresses);
  const groups = (instance: Instance) => interfaces(instance).flatMap(({ spec }) => spec.securityGroupIds);
  const groupNames = (instance: Instance) =>
    groups(instance).map((id) => store.getAny(securityGroupType, id)?.spec.groupName);
  const publicAddresses = (instance: Instance) =>
    interfaces(instance).map((networkInterface) => publicAddressOf(store, networkInterface));
  return {
    architecture: () => 'x86_64',
    'availability-zone': ({ spec }) => spec.availabilityZone,
    'client-token': ({ spec }) => spec.clientToken,
    'dns-name': () => undefined,
    'group-id': groups,
    'group-name': groupNames,
    hypervisor: () => 'xen',
    'iam-instance-profile.arn': ({ spec }) => spec.iamInstanceProfileArn,
    'image-id': ({ spec }) => spec.imageId,
    'instance-id': ({ id }) => id,
    'instance-state-code': ({ status }) => toState(status.state).Code,
    'instance-state-name': ({ status }) => status.state,
    'instance-type': ({ spec }) => spec.instanceType,
    'instance.group-id': groups,
    'instance.group-name': groupNames,
    'ip-address': publicAddresses,
    'key-name': ({ spec }) => spec.keyName,
    'launch-index': ({ spec }) => spec.launchIndex,
    'launch-time': ({ spec }) => new Date(spec.launchedAt).toISOString(),
    'monitoring-state': ({ spec }) => (spec.monitoring ? 'enabled' : 'disabled'),
    'network-interface.addresses.private-ip-address': addresses,
    'network-interface.group-id': groups,
    'network-interface.network-interface-id': (instance) => interfaces(instance).map(({ id }) => id),
    'network-interface.subnet-id': (instance) => interfaces(instance).map(({ spec }) => spec.subnetId),
    'network-interface.vpc-id': (instance) => interfaces(instance).map(({ spec }) => spec.vpcId),
    'owner-id': () => account,
    'private-dns-name': (instance) => addresses(instance).map((address) => privateDnsName(address, region)),
    'private-ip-address': addresses,
    'reservation-id': ({ spec }) => spec.reservationId,
    'root-device-name': () => '/dev/xvda',
    'root-device-type': () => 'ebs',
    'state-reason-code': ({ status }) => status.stateReason?.code,
    'subnet-id': ({ spec }) => spec.subnetId,
    tenancy: () => 'default',
    'virtualization-type': () => 'hvm',
    'vpc-id': ({ spec }) => spec.vpcId,
    'metadata-options.http-tokens': ({ spec }) => spec.metadataOptions.httpTokens,
  };
}
