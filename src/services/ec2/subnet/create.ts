import { resourceId } from '#/lib/random.ts';
import type { Context } from '#/services/contract.ts';
import { moveSubnetToAcl, requireDefaultAcl } from '#/services/ec2/network-acl/associate.ts';
import { subnetType, type Subnet, type SubnetSpec } from '#/services/ec2/subnet/resource.ts';
import type { Tags } from '#/store/resource.ts';

/** Makes a subnet and puts it into the VPC's default network ACL. The caller has checked its network. */
export function createSubnet(
  maker: Pick<Context, 'store' | 'random'>,
  spec: SubnetSpec,
  tags: Tags = {},
): Subnet {
  const subnet = maker.store.create(subnetType, {
    id: resourceId('subnet', maker.random),
    spec,
    status: { state: 'pending' },
    tags,
  });
  moveSubnetToAcl(maker, subnet.id, requireDefaultAcl(maker, spec.vpcId));
  return subnet;
}
