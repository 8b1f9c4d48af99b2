import type * as aws from '@aws-sdk/client-ec2';
import { resourceId } from '#/lib/random.ts';
import type { Handlers } from '#/services/contract.ts';
import { ensureDefaultDhcpOptions } from '#/services/ec2/dhcp-options/default.ts';
import { dhcpOptionsType, type DhcpOptions } from '#/services/ec2/dhcp-options/resource.ts';
import { dependencyViolation, dhcpOptionsNotFound, invalidParameterValue } from '#/services/ec2/errors.ts';
import { chooseByIds, describeResources } from '#/services/ec2/filters.ts';
import { tagsOfSpecifications, toTagList } from '#/services/ec2/tags.ts';
import { requireVpc } from '#/services/ec2/vpc/require.ts';
import { vpcType } from '#/services/ec2/vpc/resource.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';

const knownKeys = new Set([
  'domain-name',
  'domain-name-servers',
  'ipv6-address-preferred-lease-time',
  'netbios-name-servers',
  'netbios-node-type',
  'ntp-servers',
]);

export const dhcpOptionsOperations = {
  AssociateDhcpOptions({ DhcpOptionsId, VpcId }, context) {
    const { store } = context;
    const vpc = requireVpc(store, VpcId);
    const options =
      DhcpOptionsId === 'default'
        ? ensureDefaultDhcpOptions(context)
        : store.get(dhcpOptionsType, DhcpOptionsId);
    if (!options) throw dhcpOptionsNotFound(DhcpOptionsId);
    store.setSpec(vpc, { ...vpc.spec, dhcpOptionsId: options.id });
    return {};
  },

  CreateDhcpOptions(input, { store, random, account }) {
    const configurations = input.DhcpConfigurations.map(({ Key = '', Values = [] }) => {
      if (!knownKeys.has(Key))
        throw invalidParameterValue(`Value (${Key}) for parameter name is invalid. Unknown DHCP option`);
      return { key: Key, values: Values };
    });
    const options = store.create(dhcpOptionsType, {
      id: resourceId('dopt', random),
      spec: { isDefault: false, configurations },
      status: {},
      tags: tagsOfSpecifications(input.TagSpecifications, 'dhcp-options'),
    });
    return { DhcpOptions: toDhcpOptionsOutput(options, account) };
  },

  DeleteDhcpOptions({ DhcpOptionsId }, { store }) {
    const options = store.get(dhcpOptionsType, DhcpOptionsId);
    if (!options) throw dhcpOptionsNotFound(DhcpOptionsId);
    if (store.list(vpcType).some(({ spec }) => spec.dhcpOptionsId === options.id))
      throw dependencyViolation('dhcpOptions', options.id);
    // Guests read them when they start; nothing in the data plane is theirs.
    store.remove(options);
    return {};
  },

  DescribeDhcpOptions(input, context) {
    const { store, account } = context;
    ensureDefaultDhcpOptions(context);
    const chosen = chooseByIds(store.list(dhcpOptionsType), input.DhcpOptionsIds, dhcpOptionsNotFound);
    const { items, nextToken } = describeResources(chosen, input, {
      'dhcp-options-id': ({ id }) => id,
      key: ({ spec }) => spec.configurations.map(({ key }) => key),
      'owner-id': () => account,
      value: ({ spec }) => spec.configurations.flatMap(({ values }) => values),
    });
    return {
      DhcpOptions: items.map((options) => toDhcpOptionsOutput(options, account)),
      NextToken: nextToken,
    };
  },
} satisfies Handlers<Ec2Api>;

function toDhcpOptionsOutput({ id, spec, tags }: DhcpOptions, account: string): aws.DhcpOptions {
  return {
    DhcpOptionsId: id,
    OwnerId: account,
    DhcpConfigurations: spec.configurations.map(({ key, values }) => ({
      Key: key,
      Values: values.map((Value) => ({ Value })),
    })),
    Tags: toTagList(tags),
  };
}
