import type { Properties, ResourceProvider } from '#/services/contract.ts';
import {
  requireText,
  splitPair,
  stable,
  tagsOfStack,
  textOf,
  textsOf,
  unlessMissing,
  updatingTags,
} from '#/services/ec2/properties.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-dhcpoptions.html */
export const dhcpOptionsProvider = updatingTags({
  type: 'AWS::EC2::DHCPOptions',
  create(properties, context) {
    const { DhcpOptions } = context.call.ec2.CreateDhcpOptions({
      DhcpConfigurations: [
        ...toConfiguration('domain-name', properties, 'DomainName'),
        ...toConfiguration('domain-name-servers', properties, 'DomainNameServers'),
        ...toConfiguration('ntp-servers', properties, 'NtpServers'),
        ...toConfiguration('netbios-name-servers', properties, 'NetbiosNameServers'),
        ...toConfiguration('netbios-node-type', properties, 'NetbiosNodeType'),
      ],
      TagSpecifications: [{ ResourceType: 'dhcp-options', Tags: tagsOfStack(properties, context) }],
    });
    return DhcpOptions?.DhcpOptionsId ?? '';
  },
  stability: stable,
  delete(dhcpOptionsId, { call }) {
    unlessMissing(() => call.ec2.DeleteDhcpOptions({ DhcpOptionsId: dhcpOptionsId }));
  },
  attributes: (dhcpOptionsId) => ({ DhcpOptionsId: dhcpOptionsId }),
});

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-vpcdhcpoptionsassociation.html */
export const vpcDhcpOptionsAssociationProvider: ResourceProvider = {
  type: 'AWS::EC2::VPCDHCPOptionsAssociation',
  create: associate,
  stability: stable,
  update: (_physicalId, properties, _previous, context) => associate(properties, context),
  delete(physicalId, { call }) {
    const [dhcpOptionsId, VpcId] = splitPair(physicalId);
    unlessMissing(() => {
      const [vpc] = call.ec2.DescribeVpcs({ VpcIds: [VpcId] }).Vpcs ?? [];
      if (vpc?.DhcpOptionsId === dhcpOptionsId)
        call.ec2.AssociateDhcpOptions({ DhcpOptionsId: 'default', VpcId });
    });
  },
  attributes: () => ({}),
};

function associate(properties: Properties, { call }: Parameters<ResourceProvider['create']>[1]): string {
  const VpcId = requireText(properties, 'VpcId');
  const DhcpOptionsId = requireText(properties, 'DhcpOptionsId');
  call.ec2.AssociateDhcpOptions({ DhcpOptionsId, VpcId });
  return `${DhcpOptionsId}|${VpcId}`;
}

function toConfiguration(Key: string, properties: Properties, name: string) {
  const single = textOf(properties, name);
  const Values = textsOf(properties, name) ?? (single === undefined ? undefined : [single]);
  return Values === undefined ? [] : [{ Key, Values }];
}
