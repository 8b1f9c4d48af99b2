import type * as aws from '@aws-sdk/client-ec2';
import type { ProviderContext, ResourceProvider } from '#/services/contract.ts';
import {
  given,
  requireText,
  stableWhen,
  tagsOfStack,
  textOf,
  unlessMissing,
  updatingTags,
} from '#/services/ec2/properties.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-natgateway.html */
export const natGatewayProvider: ResourceProvider = updatingTags({
  type: 'AWS::EC2::NatGateway',
  create(properties, context) {
    const { NatGateway } = context.call.ec2.CreateNatGateway({
      SubnetId: requireText(properties, 'SubnetId'),
      ...given({
        AllocationId: textOf(properties, 'AllocationId'),
        ConnectivityType: textOf(properties, 'ConnectivityType') as 'public' | 'private' | undefined, // by the schema
        PrivateIpAddress: textOf(properties, 'PrivateIpAddress'),
      }),
      TagSpecifications: [{ ResourceType: 'natgateway', Tags: tagsOfStack(properties, context) }],
    });
    return NatGateway?.NatGatewayId ?? '';
  },
  stability(natGatewayId, context) {
    const gateway = describe(natGatewayId, context);
    if (gateway?.State === 'failed')
      return { state: 'failed', reason: gateway.FailureMessage ?? 'The NAT gateway failed.' };
    return stableWhen(gateway?.State === 'available');
  },
  delete(natGatewayId, { call }) {
    unlessMissing(() => call.ec2.DeleteNatGateway({ NatGatewayId: natGatewayId }));
  },
  gone(natGatewayId, context) {
    const state = describe(natGatewayId, context)?.State;
    return state === undefined || state === 'deleted' || state === 'failed';
  },
  attributes(natGatewayId, context) {
    const [address] = describe(natGatewayId, context)?.NatGatewayAddresses ?? [];
    return { NatGatewayId: natGatewayId, EniId: address?.NetworkInterfaceId };
  },
});

/** By filter, so that one that is forgotten is no error. */
function describe(natGatewayId: string, { call }: ProviderContext): aws.NatGateway | undefined {
  const Filter = [{ Name: 'nat-gateway-id', Values: [natGatewayId] }];
  return call.ec2.DescribeNatGateways({ Filter }).NatGateways?.[0];
}
