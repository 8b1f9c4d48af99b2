import type * as aws from '@aws-sdk/client-ec2';
import { toTagList } from '#/services/ec2/tags.ts';
import type { Vpc, VpcSpec } from '#/services/ec2/vpc/resource.ts';

/** The VPC as EC2 answers it. */
export function toVpcOutput(vpc: Vpc, account: string): aws.Vpc {
  const [primary] = vpc.spec.cidrBlocks;
  return {
    VpcId: vpc.id,
    State: vpc.status.state,
    CidrBlock: primary?.cidrBlock,
    CidrBlockAssociationSet: vpc.spec.cidrBlocks.map((block) => toCidrAssociation(vpc, block)),
    Ipv6CidrBlockAssociationSet: [],
    DhcpOptionsId: vpc.spec.dhcpOptionsId,
    InstanceTenancy: vpc.spec.instanceTenancy,
    IsDefault: vpc.spec.isDefault,
    OwnerId: account,
    BlockPublicAccessStates: { InternetGatewayBlockMode: 'off' },
    Tags: toTagList(vpc.tags),
  };
}

/** One of its networks, with whether the kernel has it. */
export function toCidrAssociation(
  { spec, status }: Vpc,
  { associationId, cidrBlock }: VpcSpec['cidrBlocks'][number],
): aws.VpcCidrBlockAssociation {
  const isAssociated =
    associationId === spec.cidrBlocks[0]?.associationId || status.appliedCidrBlocks.includes(cidrBlock);
  return {
    AssociationId: associationId,
    CidrBlock: cidrBlock,
    CidrBlockState: { State: isAssociated ? 'associated' : 'associating' },
  };
}
