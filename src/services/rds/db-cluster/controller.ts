import type { Controller } from '#/controllers/controller.ts';
import { trigger } from '#/controllers/controller.ts';
import type { NamesView } from '#/drivers/names/driver.ts';
import type { Dependencies } from '#/services/contract.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';
import { dbClusterType, type DbCluster, type DbClusterStatus } from '#/services/rds/db-cluster/resource.ts';
import { dbInstanceType, type DbInstance } from '#/services/rds/db-instance/resource.ts';
import { recordEvent } from '#/services/rds/event.ts';
import { clusterEndpoint, instanceEndpoint, rdsArn, readerEndpoint } from '#/services/rds/names.ts';
import { toSetMember } from '#/services/rds/servers/member.ts';
import { performServers, volumesOf, type Happening, type ServerSet } from '#/services/rds/servers/perform.ts';
import type { ServersStatus } from '#/services/rds/servers/resource.ts';

/** Runs the servers of clusters: who writes, who follows, and the names by which both are found. */
export function dbClusterController(region: Dependencies): Controller<DbCluster> {
  const { store, drivers, clock } = region;
  const { database, names } = drivers;

  async function forget(cluster: DbCluster): Promise<undefined> {
    await names.remove(viewId(cluster.id));
    for (const volumeId of await database.listVolumes()) {
      if (belongsTo(volumeId, cluster.spec.resourceId)) await database.destroyVolume(volumeId);
    }
    store.remove(cluster);
  }

  return {
    type: dbClusterType,
    // A copy of a large volume takes its time.
    timeoutMs: 600_000,
    async reconcile({ id }) {
      const cluster = store.getAny(dbClusterType, id);
      if (!cluster) return undefined;
      const instances = store.listAnyBy(dbInstanceType, 'clusterId', id);
      if (cluster.deleting && instances.length === 0) return forget(cluster);
      const requeueAfterMs = await performServers({ database, clock }, serverSet(region, cluster, instances));
      await names.apply(renderNames(region, latest(cluster), instances));
      settle(cluster);
      return { requeueAfterMs };
    },
    triggers: [
      trigger(dbInstanceType, ({ spec }) => (spec.clusterId === undefined ? [] : [spec.clusterId])),
      trigger(networkInterfaceType, (networkInterface) =>
        store
          .listAnyBy(dbInstanceType, 'networkInterfaceId', networkInterface.id)
          .flatMap(({ spec }) => spec.clusterId ?? []),
      ),
    ],
    watch: (enqueue) =>
      database.watch((serverId) => {
        const clusterId = store.getAny(dbInstanceType, serverId)?.spec.clusterId;
        if (clusterId !== undefined) enqueue(clusterId);
      }),
    effects: {
      // A volume is an effect of the cluster or instance whose resource id it carries, as long as that one knows it.
      list: async () => (await database.listVolumes()).filter((volumeId) => !isKnown(volumeId)).map(unowned),
      destroy: (effect) => database.destroyVolume(effect.slice(unowned('').length)),
    },
  };

  function isKnown(volumeId: string): boolean {
    const clusters = store.listAny(dbClusterType);
    const alone = store.listAny(dbInstanceType);
    return (
      clusters.some(({ spec, status }) => volumesOf(spec.resourceId, status).has(volumeId)) ||
      alone.some(({ spec, status }) => volumesOf(spec.resourceId, status.servers).has(volumeId))
    );
  }

  function latest(cluster: DbCluster): DbCluster {
    return store.getAny(dbClusterType, cluster.id) ?? cluster;
  }

  /** Finds the cluster's state from what was written down. */
  function settle(cluster: DbCluster): void {
    const { spec, status } = latest(cluster);
    const state = toState(spec.isStopped, status);
    if (state !== status.state && status.state === 'creating' && !cluster.deleting)
      recordEvent(region, clusterEvent(region, cluster.id, 'DB cluster created', ['creation']));
    store.setStatus(cluster, { ...status, state });
  }
}

/** The id of the names' view of a cluster or an instance that stands alone. */
export function viewId(id: string): string {
  return `public-rds-${id}`;
}

/** Whether a volume was made for this set of servers. */
export function belongsTo(volumeId: string, resourceId: string): boolean {
  return volumeId === resourceId || volumeId.startsWith(`${resourceId}.`);
}

function unowned(volumeId: string): string {
  return `(volume) ${volumeId}`;
}

function toState(isStopped: boolean, status: DbClusterStatus): DbClusterStatus['state'] {
  if (isStopped) return 'stopped';
  return status.failover ? 'failing-over' : 'available';
}

function serverSet(region: Dependencies, cluster: DbCluster, instances: readonly DbInstance[]): ServerSet {
  const { store } = region;
  const { spec } = cluster;
  return {
    volume: {
      id: spec.resourceId,
      engine: 'mysql',
      masterUser: spec.masterUsername,
      masterPassword: spec.masterUserPassword,
      databaseName: spec.databaseName,
    },
    port: spec.port,
    isStopped: spec.isStopped,
    failover: spec.failover,
    passwordGeneration: spec.passwordGeneration,
    members: instances.map((instance) => toSetMember(region, instance, spec.parameterGroupName)),
    status: () => store.getAny(dbClusterType, cluster.id)?.status ?? cluster.status,
    save(servers: ServersStatus) {
      const status = store.getAny(dbClusterType, cluster.id)?.status ?? cluster.status;
      const state = servers.failover ? 'failing-over' : status.state;
      store.setStatus(cluster, { ...status, ...servers, state });
    },
    tell: (happening) => tell(region, cluster.id, instances, happening),
  };
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_Events.Messages.html */
function tell(
  region: Dependencies,
  clusterId: string,
  instances: readonly DbInstance[],
  happening: Happening,
): void {
  if (happening.what === 'restarted') {
    recordEvent(region, instanceEvent(region, happening.id, 'DB instance restarted', ['availability']));
    return;
  }
  const zoneOf = (id: string): string | undefined =>
    instances.find((instance) => instance.id === id)?.spec.availabilityZone;
  const place = zoneOf(happening.from) === zoneOf(happening.to) ? 'same AZ' : 'cross AZ';
  const message =
    happening.what === 'failover-started'
      ? `Started ${place} failover to DB instance: ${happening.to}`
      : `Completed failover to DB instance: ${happening.to}`;
  recordEvent(region, clusterEvent(region, clusterId, message, ['failover']));
}

export function clusterEvent(
  region: Dependencies,
  id: string,
  message: string,
  categories: readonly string[],
) {
  const sourceArn = rdsArn(region, 'cluster', id);
  return { sourceType: 'db-cluster', sourceIdentifier: id, sourceArn, message, categories } as const;
}

export function instanceEvent(
  region: Dependencies,
  id: string,
  message: string,
  categories: readonly string[],
) {
  const sourceArn = rdsArn(region, 'db', id);
  return { sourceType: 'db-instance', sourceIdentifier: id, sourceArn, message, categories } as const;
}

/** The names of the writer, of the readers and of each instance, as AWS's name servers give them. */
export function renderNames(
  region: Pick<Dependencies, 'region' | 'account'>,
  { id, status }: DbCluster,
  instances: readonly DbInstance[],
): NamesView {
  const ttlSeconds = 5;
  const nameOf = (instanceId: string): string => instanceEndpoint(region, instanceId);
  const readers = instances.filter(
    (each) => each.id !== status.writer && !each.deleting && each.status.hasAnswered,
  );
  const writers = status.writer === undefined ? [] : [nameOf(status.writer)];
  const readerTargets = readers.length > 0 ? readers.map((reader) => nameOf(reader.id)) : writers;
  const cnames = [
    { name: clusterEndpoint(region, id), targets: writers },
    { name: readerEndpoint(region, id), targets: readerTargets },
  ];
  return {
    id: viewId(id),
    records: [
      ...cnames
        .filter(({ targets }) => targets.length > 0)
        .map(({ name, targets }) => ({ name, ttlSeconds, data: { type: 'CNAME', targets } as const })),
      ...instances.map(({ id: instanceId, spec }) => ({
        name: nameOf(instanceId),
        ttlSeconds,
        data: { type: 'A', addresses: [spec.address] } as const,
      })),
    ],
  };
}
