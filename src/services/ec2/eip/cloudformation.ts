import type { ProviderContext, ResourceProvider } from '#/services/contract.ts';
import { given, stable, tagsOfStack, textOf, unlessMissing, updateTags } from '#/services/ec2/properties.ts';

/** Its physical id is the address itself. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-eip.html */
export const eipProvider: ResourceProvider = {
  type: 'AWS::EC2::EIP',
  create(properties, context) {
    const { ec2 } = context.call;
    const { PublicIp = '', AllocationId = '' } = ec2.AllocateAddress({
      Domain: 'vpc',
      TagSpecifications: [{ ResourceType: 'elastic-ip', Tags: tagsOfStack(properties, context) }],
    });
    const InstanceId = textOf(properties, 'InstanceId');
    if (InstanceId !== undefined) ec2.AssociateAddress({ AllocationId, InstanceId });
    return PublicIp;
  },
  stability: stable,
  update(publicIp, properties, previous, context) {
    const { ec2 } = context.call;
    const AllocationId = allocationIdOf(publicIp, context);
    const InstanceId = textOf(properties, 'InstanceId');
    if (InstanceId !== textOf(previous, 'InstanceId')) {
      if (InstanceId === undefined) unlessMissing(() => ec2.DisassociateAddress({ PublicIp: publicIp }));
      else ec2.AssociateAddress({ AllocationId, InstanceId, AllowReassociation: true });
    }
    updateTags(AllocationId, properties, previous, context);
    return publicIp;
  },
  delete(publicIp, context) {
    const { ec2 } = context.call;
    unlessMissing(() => {
      ec2.DisassociateAddress({ PublicIp: publicIp });
      ec2.ReleaseAddress({ AllocationId: allocationIdOf(publicIp, context) });
    });
  },
  attributes: (publicIp, context) => ({
    PublicIp: publicIp,
    AllocationId: allocationIdOf(publicIp, context),
  }),
};

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-eipassociation.html */
export const eipAssociationProvider: ResourceProvider = {
  type: 'AWS::EC2::EIPAssociation',
  create(properties, { call }) {
    const { AssociationId } = call.ec2.AssociateAddress(
      given({
        AllocationId: textOf(properties, 'AllocationId'),
        PublicIp: textOf(properties, 'EIP'),
        InstanceId: textOf(properties, 'InstanceId'),
        NetworkInterfaceId: textOf(properties, 'NetworkInterfaceId'),
        PrivateIpAddress: textOf(properties, 'PrivateIpAddress'),
      }),
    );
    return AssociationId ?? '';
  },
  stability: stable,
  delete(associationId, { call }) {
    unlessMissing(() => call.ec2.DisassociateAddress({ AssociationId: associationId }));
  },
  attributes: (associationId) => ({ Id: associationId }),
};

function allocationIdOf(publicIp: string, { call }: ProviderContext): string {
  return call.ec2.DescribeAddresses({ PublicIps: [publicIp] }).Addresses?.[0]?.AllocationId ?? '';
}
