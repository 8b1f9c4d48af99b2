/** A zone: its name, which is what this account calls it, and its id, which is the same for everyone. */
export interface Zone {
  /** `eu-west-3a` */
  readonly name: string;
  /** `euw3-az1` */
  readonly id: string;
}

/**
 * Every region's prefix of zone ids, and the letters of its zones. Three zones each, as a failure domain needs.
 * https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
 */
const regions: ReadonlyMap<string, { readonly prefix: string; readonly letters: string }> = new Map([
  ['af-south-1', { prefix: 'afs1', letters: 'abc' }],
  ['ap-east-1', { prefix: 'ape1', letters: 'abc' }],
  ['ap-northeast-1', { prefix: 'apne1', letters: 'acd' }],
  ['ap-northeast-2', { prefix: 'apne2', letters: 'abc' }],
  ['ap-northeast-3', { prefix: 'apne3', letters: 'abc' }],
  ['ap-south-1', { prefix: 'aps1', letters: 'abc' }],
  ['ap-south-2', { prefix: 'aps2', letters: 'abc' }],
  ['ap-southeast-1', { prefix: 'apse1', letters: 'abc' }],
  ['ap-southeast-2', { prefix: 'apse2', letters: 'abc' }],
  ['ap-southeast-3', { prefix: 'apse3', letters: 'abc' }],
  ['ap-southeast-4', { prefix: 'apse4', letters: 'abc' }],
  ['ap-southeast-5', { prefix: 'apse5', letters: 'abc' }],
  ['ap-southeast-7', { prefix: 'apse7', letters: 'abc' }],
  ['ca-central-1', { prefix: 'cac1', letters: 'abd' }],
  ['ca-west-1', { prefix: 'caw1', letters: 'abc' }],
  ['eu-central-1', { prefix: 'euc1', letters: 'abc' }],
  ['eu-central-2', { prefix: 'euc2', letters: 'abc' }],
  ['eu-north-1', { prefix: 'eun1', letters: 'abc' }],
  ['eu-south-1', { prefix: 'eus1', letters: 'abc' }],
  ['eu-south-2', { prefix: 'eus2', letters: 'abc' }],
  ['eu-west-1', { prefix: 'euw1', letters: 'abc' }],
  ['eu-west-2', { prefix: 'euw2', letters: 'abc' }],
  ['eu-west-3', { prefix: 'euw3', letters: 'abc' }],
  ['il-central-1', { prefix: 'ilc1', letters: 'abc' }],
  ['me-central-1', { prefix: 'mec1', letters: 'abc' }],
  ['me-south-1', { prefix: 'mes1', letters: 'abc' }],
  ['mx-central-1', { prefix: 'mxc1', letters: 'abc' }],
  ['sa-east-1', { prefix: 'sae1', letters: 'abc' }],
  ['us-east-1', { prefix: 'use1', letters: 'abc' }],
  ['us-east-2', { prefix: 'use2', letters: 'abc' }],
  ['us-west-1', { prefix: 'usw1', letters: 'abc' }],
  ['us-west-2', { prefix: 'usw2', letters: 'abc' }],
]);

/** Regions that an account must opt in to; the others are on from the start. */
const optInRegions = new Set([
  'af-south-1',
  'ap-east-1',
  'ap-south-2',
  'ap-southeast-3',
  'ap-southeast-4',
  'ap-southeast-5',
  'ap-southeast-7',
  'ca-west-1',
  'eu-central-2',
  'eu-south-1',
  'eu-south-2',
  'il-central-1',
  'me-central-1',
  'me-south-1',
  'mx-central-1',
]);

/** The zones of a region, in the order of their letters. An unknown region has `a`, `b` and `c`. */
export function zonesOf(region: string): readonly Zone[] {
  const { prefix, letters } = regions.get(region) ?? { prefix: region.replaceAll('-', ''), letters: 'abc' };
  return Array.from(letters, (letter, index) => ({
    name: `${region}${letter}`,
    id: `${prefix}-az${index + 1}`,
  }));
}

/** The zone of this name or id in a region; undefined when there is none. */
export function findZone(region: string, nameOrId: string): Zone | undefined {
  return zonesOf(region).find((zone) => zone.name === nameOrId || zone.id === nameOrId);
}

/** The id of a zone by its name; the name itself when the zone is unknown. */
export function zoneId(region: string, name: string): string {
  return findZone(region, name)?.id ?? name;
}

/** All regions, with whether one must opt in. */
export function allRegions(): readonly { readonly name: string; readonly isOptIn: boolean }[] {
  return [...regions.keys()].map((name) => ({ name, isOptIn: optInRegions.has(name) }));
}
