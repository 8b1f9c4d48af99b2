import type { ResourceProvider } from '#/services/contract.ts';
import {
  requireText,
  splitPair,
  stable,
  tagsOfStack,
  unlessMissing,
  updatingTags,
} from '#/services/ec2/properties.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-internetgateway.html */
export const internetGatewayProvider = updatingTags({
  type: 'AWS::EC2::InternetGateway',
  create(properties, context) {
    const { InternetGateway } = context.call.ec2.CreateInternetGateway({
      TagSpecifications: [{ ResourceType: 'internet-gateway', Tags: tagsOfStack(properties, context) }],
    });
    return InternetGateway?.InternetGatewayId ?? '';
  },
  stability: stable,
  delete(gatewayId, { call }) {
    unlessMissing(() => call.ec2.DeleteInternetGateway({ InternetGatewayId: gatewayId }));
  },
  attributes: (gatewayId) => ({ InternetGatewayId: gatewayId }),
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-vpcgatewayattachment.html */
export const vpcGatewayAttachmentProvider: ResourceProvider = {
  type: 'AWS::EC2::VPCGatewayAttachment',
  create(properties, { call }) {
    const VpcId = requireText(properties, 'VpcId');
    const InternetGatewayId = requireText(properties, 'InternetGatewayId');
    call.ec2.AttachInternetGateway({ VpcId, InternetGatewayId });
    return `IGW|${VpcId}`;
  },
  stability: stable,
  update(_physicalId, properties, previous, { call }) {
    const VpcId = requireText(properties, 'VpcId');
    const InternetGatewayId = requireText(properties, 'InternetGatewayId');
    const former = requireText(previous, 'InternetGatewayId');
    if (former !== InternetGatewayId) {
      unlessMissing(() => call.ec2.DetachInternetGateway({ VpcId, InternetGatewayId: former }));
      call.ec2.AttachInternetGateway({ VpcId, InternetGatewayId });
    }
    return `IGW|${VpcId}`;
  },
  delete(physicalId, { call }) {
    const [, VpcId] = splitPair(physicalId);
    const attached = call.ec2.DescribeInternetGateways({
      Filters: [{ Name: 'attachment.vpc-id', Values: [VpcId] }],
    }).InternetGateways;
    for (const { InternetGatewayId = '' } of attached ?? [])
      call.ec2.DetachInternetGateway({ VpcId, InternetGatewayId });
  },
  attributes: () => ({ AttachmentType: 'IGW' }),
};
