import { AwsError } from '#/lib/aws-error.ts';
import type { AutoScalingGroupSpec } from '#/services/autoscaling/auto-scaling-group/resource.ts';
import { validationError } from '#/services/autoscaling/errors.ts';
import type { Context } from '#/services/contract.ts';

/** Where a group launches: the subnets that were given, or the default subnets of the zones. */
export function resolveSubnets(
  { call }: Pick<Context, 'call'>,
  vpcZoneIdentifier: string | undefined,
  zones: readonly string[] | undefined,
): Pick<AutoScalingGroupSpec, 'subnets' | 'hasSubnetsOfItsOwn'> {
  const ids = (vpcZoneIdentifier ?? '').split(',').flatMap((id) => (id.trim() === '' ? [] : [id.trim()]));
  if (ids.length === 0 && (zones ?? []).length === 0)
    throw validationError('At least one Availability Zone or VPC Subnet is required.');
  const Filters = [
    { Name: 'default-for-az', Values: ['true'] },
    { Name: 'availability-zone', Values: [...(zones ?? [])] },
  ];
  const found = asValidation(
    () => call.ec2.DescribeSubnets(ids.length > 0 ? { SubnetIds: ids } : { Filters }).Subnets ?? [],
  );
  const subnets = found.map(({ SubnetId = '', AvailabilityZone = '' }) => ({
    id: SubnetId,
    availabilityZone: AvailabilityZone,
  }));
  if (subnets.length === 0)
    throw validationError('No default subnet exists in the given Availability Zones.');
  if (ids.length === 0) return { subnets, hasSubnetsOfItsOwn: false };
  if (zones && subnets.some(({ availabilityZone }) => !zones.includes(availabilityZone)))
    throw validationError(
      'The availability zones of the specified subnets and the Auto Scaling group do not match',
    );
  const order = new Map(ids.map((id, index) => [id, index]));
  return {
    subnets: subnets.toSorted((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0)),
    hasSubnetsOfItsOwn: true,
  };
}

/** What another service refuses, Auto Scaling answers as a ValidationError with the same words. */
export function asValidation<T>(ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    if (error instanceof AwsError) throw validationError(error.message);
    throw error;
  }
}
