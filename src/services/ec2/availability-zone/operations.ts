import type { Handlers } from '#/services/contract.ts';
import { allRegions, zonesOf } from '#/services/ec2/availability-zone/zones.ts';
import { invalidParameterValue } from '#/services/ec2/errors.ts';
import { filterItems } from '#/services/ec2/filters.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';

export const availabilityZoneOperations = {
  DescribeAvailabilityZones(input, { region }) {
    const zones = zonesOf(region);
    const wanted = [...(input.ZoneNames ?? []), ...(input.ZoneIds ?? [])];
    for (const nameOrId of wanted) {
      if (!zones.some(({ name, id }) => name === nameOrId || id === nameOrId))
        throw invalidParameterValue(`Invalid availability zone: [${nameOrId}]`);
    }
    const chosen =
      wanted.length === 0
        ? zones
        : zones.filter(({ name, id }) => wanted.includes(name) || wanted.includes(id));
    const found = filterItems(chosen, input.Filters, {
      'group-name': () => `${region}-zg-1`,
      'network-border-group': () => region,
      'opt-in-status': () => 'opt-in-not-required',
      'region-name': () => region,
      state: () => 'available',
      'zone-id': ({ id }) => id,
      'zone-name': ({ name }) => name,
      'zone-type': () => 'availability-zone',
    });
    return {
      AvailabilityZones: found.map(({ name, id }) => ({
        ZoneName: name,
        ZoneId: id,
        ZoneType: 'availability-zone',
        State: 'available',
        RegionName: region,
        GroupName: `${region}-zg-1`,
        NetworkBorderGroup: region,
        OptInStatus: 'opt-in-not-required',
        Messages: [],
      })),
    };
  },

  DescribeRegions(input) {
    const regions = allRegions();
    const wanted = input.RegionNames ?? [];
    for (const name of wanted) {
      if (!regions.some((region) => region.name === name))
        throw invalidParameterValue(`Invalid region provided: [${name}]`);
    }
    const shown = regions.filter(({ name, isOptIn }) =>
      wanted.length > 0 ? wanted.includes(name) : input.AllRegions || !isOptIn,
    );
    const found = filterItems(shown, input.Filters, {
      endpoint: ({ name }) => `ec2.${name}.amazonaws.com`,
      'opt-in-status': optInStatus,
      'region-name': ({ name }) => name,
    });
    return {
      Regions: found.map((region) => ({
        RegionName: region.name,
        Endpoint: `ec2.${region.name}.amazonaws.com`,
        OptInStatus: optInStatus(region),
      })),
    };
  },
} satisfies Handlers<Ec2Api>;

function optInStatus({ isOptIn }: { readonly isOptIn: boolean }): string {
  return isOptIn ? 'not-opted-in' : 'opt-in-not-required';
}
