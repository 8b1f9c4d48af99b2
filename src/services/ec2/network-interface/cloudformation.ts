import type { ResourceProvider } from '#/services/contract.ts';
import {
  flagOf,
  given,
  numberOf,
  objectsOf,
  requireText,
  stable,
  tagsOfStack,
  textOf,
  textsOf,
  unlessMissing,
  updateTags,
} from '#/services/ec2/properties.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-networkinterface.html */
export const networkInterfaceProvider: ResourceProvider = {
  type: 'AWS::EC2::NetworkInterface',

  create(properties, context) {
    const { ec2 } = context.call;
    const addresses = objectsOf(properties, 'PrivateIpAddresses').map((member) => ({
      PrivateIpAddress: requireText(member, 'PrivateIpAddress'),
      Primary: flagOf(member, 'Primary') ?? false,
    }));
    const { NetworkInterface } = ec2.CreateNetworkInterface({
      SubnetId: requireText(properties, 'SubnetId'),
      ...given({
        Description: textOf(properties, 'Description'),
        Groups: textsOf(properties, 'GroupSet'),
        PrivateIpAddress: textOf(properties, 'PrivateIpAddress'),
        PrivateIpAddresses: addresses.length > 0 ? addresses : undefined,
        SecondaryPrivateIpAddressCount: numberOf(properties, 'SecondaryPrivateIpAddressCount'),
      }),
      TagSpecifications: [{ ResourceType: 'network-interface', Tags: tagsOfStack(properties, context) }],
    });
    const NetworkInterfaceId = NetworkInterface?.NetworkInterfaceId ?? '';
    const sourceDestCheck = flagOf(properties, 'SourceDestCheck');
    if (sourceDestCheck === false)
      ec2.ModifyNetworkInterfaceAttribute({ NetworkInterfaceId, SourceDestCheck: { Value: false } });
    return NetworkInterfaceId;
  },

  stability: stable,

  update(NetworkInterfaceId, properties, previous, context) {
    const { ec2 } = context.call;
    const groups = textsOf(properties, 'GroupSet');
    ec2.ModifyNetworkInterfaceAttribute({
      NetworkInterfaceId,
      Description: { Value: textOf(properties, 'Description') ?? '' },
      SourceDestCheck: { Value: flagOf(properties, 'SourceDestCheck') ?? true },
      ...(groups && groups.length > 0 ? { Groups: groups } : {}),
    });
    updateTags(NetworkInterfaceId, properties, previous, context);
    return NetworkInterfaceId;
  },

  delete(networkInterfaceId, { call }) {
    unlessMissing(() => call.ec2.DeleteNetworkInterface({ NetworkInterfaceId: networkInterfaceId }));
  },

  attributes(networkInterfaceId, { call }) {
    const [found] =
      call.ec2.DescribeNetworkInterfaces({ NetworkInterfaceIds: [networkInterfaceId] }).NetworkInterfaces ??
      [];
    const addresses = found?.PrivateIpAddresses ?? [];
    return {
      Id: networkInterfaceId,
      VpcId: found?.VpcId,
      PrimaryPrivateIpAddress: found?.PrivateIpAddress,
      SecondaryPrivateIpAddresses: addresses
        .filter(({ Primary }) => !Primary)
        .map(({ PrivateIpAddress }) => PrivateIpAddress),
    };
  },
};
