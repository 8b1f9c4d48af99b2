import {
  autoScalingGroupType,
  groupInstanceType,
} from '#/services/autoscaling/auto-scaling-group/resource.ts';
import { instanceType } from '#/services/ec2/instance/resource.ts';
import { natGatewayType } from '#/services/ec2/nat-gateway/resource.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';
import { vpcType } from '#/services/ec2/vpc/resource.ts';
import { loadBalancerType } from '#/services/elbv2/load-balancer/resource.ts';
import { nodeId } from '#/services/elbv2/load-balancer/model.ts';
import { dbClusterType } from '#/services/rds/db-cluster/resource.ts';
import { dbInstanceType } from '#/services/rds/db-instance/resource.ts';
import { volumesOf } from '#/services/rds/servers/perform.ts';
import type { Change } from '#/store/resource.ts';
import type { Store } from '#/store/store.ts';
import type { SimRegion } from './sim-region.ts';

const restingStates: Readonly<Record<string, readonly string[]>> = {
  [vpcType.kind]: ['available'],
  [instanceType.kind]: ['running', 'stopped', 'terminated'],
  [natGatewayType.kind]: ['available', 'deleted', 'failed'],
  [loadBalancerType.kind]: ['active'],
  [dbClusterType.kind]: ['available', 'stopped'],
  [dbInstanceType.kind]: ['available', 'stopped'],
};

/** What a region that was left alone long enough still has not done, in words. */
export function unrest({ store }: SimRegion): readonly string[] {
  const records = store.kinds().flatMap((kind) => store.listAny({ kind, indexes: {} }));
  return [
    ...records.flatMap(({ kind, id, deleting }) =>
      deleting ? [`${kind} ${id} is still being deleted`] : [],
    ),
    ...records.flatMap(({ kind, id, status }) => {
      // Every kind of this table has a status with a state.
      const state = (status as { readonly state?: string } | null)?.state ?? '';
      return restingStates[kind]?.includes(state) === false ? [`${kind} ${id} is ${state}`] : [];
    }),
    ...store
      .list(networkInterfaceType)
      .flatMap(({ id, status }) => (status.isLinked ? [] : [`${id} has no link`])),
    ...store.list(autoScalingGroupType).flatMap(({ id, spec }) => {
      const members = store
        .listBy(groupInstanceType, 'groupName', id)
        .filter(({ status }) => status.lifecycleState === 'InService');
      return members.length === spec.desiredCapacity
        ? []
        : [`group ${id} has ${members.length} of ${spec.desiredCapacity}`];
    }),
  ];
}

/** How the data plane differs from what the store says should be there, in words. */
export async function differences(sim: SimRegion): Promise<readonly string[]> {
  const { store, world } = sim;
  const held = await sim.inventory();
  const instances = store.listAny(instanceType).filter(({ spec }) => spec.wish !== 'terminated');
  const running: string[] = [];
  for (const id of held.machines)
    if ((await world.machine.inspect(id))?.state === 'running') running.push(id);
  const vpcs = store.listAny(vpcType);
  const links: string[] = [];
  for (const { id } of vpcs) links.push(...((await world.network.inspect(id))?.linkIds ?? []));
  const balancers = store.listAny(loadBalancerType);
  const databases = store.listAny(dbInstanceType);
  const clusters = store.listAny(dbClusterType);
  const known = [
    ...clusters.map(({ spec, status }) => volumesOf(spec.resourceId, status)),
    ...databases.flatMap(({ spec, status }) =>
      spec.alone ? [volumesOf(spec.resourceId, status.servers)] : [],
    ),
  ].flatMap((volumes) => [...volumes]);
  const names = [
    ...vpcs.map(({ id }) => id),
    ...balancers.map(({ spec }) => `public-elb-${spec.balancerId}`),
    ...clusters.map(({ id }) => `public-rds-${id}`),
    ...databases.flatMap(({ id, spec }) => (spec.alone ? [`public-rds-${id}`] : [])),
  ];
  return [
    ...compare('machines', held.machines, ids(instances)),
    ...compare(
      'running machines',
      running,
      ids(instances.filter(({ status }) => status.state === 'running')),
    ),
    ...compare('networks', held.networks, ids(vpcs)),
    ...compare('links', links, ids(store.listAny(networkInterfaceType))),
    ...compare(
      'balancer nodes',
      held.balancers,
      balancers.flatMap((each) => each.spec.zones.map((zone) => nodeId(each, zone))),
    ),
    ...held.servers.filter((id) => !ids(databases).includes(id)).map((id) => `server ${id} is nobody's`),
    ...held.volumes.filter((id) => !known.includes(id)).map((id) => `volume ${id} is nobody's`),
    ...compare('views of names', held.names, names),
  ];
}

/** What is wrong within the store: interfaces nobody uses, members that are none, addresses given twice. */
export function inconsistencies({ store }: SimRegion, { detached }: History): readonly string[] {
  const used = new Set([
    ...store
      .listAny(instanceType)
      .filter(({ status }) => status.state !== 'terminated')
      .flatMap(({ spec }) => spec.networkInterfaceIds),
    ...store
      .listAny(loadBalancerType)
      .flatMap(({ spec }) => spec.zones.map((zone) => zone.networkInterfaceId)),
    ...store
      .listAny(natGatewayType)
      .filter(({ status }) => status.endedAt === undefined)
      .map(({ spec }) => spec.networkInterfaceId),
    ...store.listAny(dbInstanceType).map(({ spec }) => spec.networkInterfaceId),
  ]);
  const interfaces = store.list(networkInterfaceType);
  const launched = store.list(instanceType).filter(({ spec }) => spec.wish !== 'terminated');
  return [
    ...interfaces.flatMap(({ id, spec }) =>
      used.has(id) ? [] : [`nobody uses ${id} (${spec.description})`],
    ),
    ...launched.flatMap(({ id, tags }) => {
      const group = tags['aws:autoscaling:groupName'];
      if (group === undefined || detached.has(id)) return [];
      const isOrphan = store.getAny(groupInstanceType, id)?.spec.groupName !== group;
      return isOrphan ? [`${id} says it is in ${group}, which does not know it`] : [];
    }),
    ...twice(
      interfaces.flatMap(({ spec }) => spec.privateIpAddresses.map((each) => `${spec.subnetId} ${each}`)),
    ),
    ...twice(interfaces.flatMap(({ spec }) => spec.publicIpAddress ?? [])),
  ];
}

/** Kinds whose ids the user chooses: the same name may come again. */
const named = new Set<string>([
  autoScalingGroupType.kind,
  dbClusterType.kind,
  dbInstanceType.kind,
  'AWS::RDS::DBSubnetGroup',
  'AWS::RDS::DBParameterGroup',
  'AWS::RDS::DBClusterParameterGroup',
]);

/** Remembers what a store's records have been, for what must never happen: that something deleted comes back. */
export class History {
  readonly violations: string[] = [];
  /** Instances that users took out of their groups. */
  readonly detached = new Set<string>();
  readonly #gone = new Set<string>();

  watch(store: Store): void {
    store.watch((changes) => {
      for (const change of changes) this.#look(change);
    });
  }

  #look({ kind, id, before, after }: Change): void {
    const key = `${kind} ${id}`;
    if (after === undefined) this.#gone.add(key);
    else if (before === undefined && this.#gone.has(key) && !named.has(kind))
      this.violations.push(`${key} is back after it was forgotten`);
    if (before?.deleting === true && after?.deleting === false)
      this.violations.push(`${key} is back after it was wished gone`);
    if (kind !== instanceType.kind && kind !== groupInstanceType.kind) return;
    // Records of both kinds have wishes.
    const wishes = [before, after].map(
      (each) => (each?.spec as { readonly wish?: string } | undefined)?.wish,
    );
    if (wishes[1] === 'detached') this.detached.add(id);
    if (wishes[0] === 'terminated' && after !== undefined && wishes[1] !== 'terminated')
      this.violations.push(`${key} is back after it was terminated`);
  }
}

function ids(records: readonly { readonly id: string }[]): readonly string[] {
  return records.map(({ id }) => id);
}

function compare(what: string, found: readonly string[], wanted: readonly string[]): readonly string[] {
  return [
    ...found.filter((id) => !wanted.includes(id)).map((id) => `${what}: ${id} is left over`),
    ...wanted.filter((id) => !found.includes(id)).map((id) => `${what}: ${id} is missing`),
  ];
}

function twice(values: readonly string[]): readonly string[] {
  return values
    .filter((value, index) => values.indexOf(value) !== index)
    .map((value) => `${value} is given twice`);
}
