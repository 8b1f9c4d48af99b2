import { resourceId } from '#/lib/random.ts';
import type { Context } from '#/services/contract.ts';
import { dhcpOptionsType, type DhcpOptions } from '#/services/ec2/dhcp-options/resource.ts';
import { privateDnsDomain } from '#/services/ec2/host-names.ts';

/** The region's default set of DHCP options, made when it is first needed. */
export function ensureDefaultDhcpOptions({
  store,
  random,
  region,
}: Pick<Context, 'store' | 'random' | 'region'>): DhcpOptions {
  const found = store.list(dhcpOptionsType).find((options) => options.spec.isDefault);
  if (found) return found;
  return store.create(dhcpOptionsType, {
    id: resourceId('dopt', random),
    spec: {
      isDefault: true,
      configurations: [
        { key: 'domain-name', values: [privateDnsDomain(region)] },
        { key: 'domain-name-servers', values: ['AmazonProvidedDNS'] },
      ],
    },
    status: {},
  });
}
