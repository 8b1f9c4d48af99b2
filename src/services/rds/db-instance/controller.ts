import { trigger, type Controller } from '#/controllers/controller.ts';
import type { Dependencies } from '#/services/contract.ts';
import { deleteManagedInterface } from '#/services/ec2/network-interface/managed.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';
import { belongsTo, instanceEvent, viewId } from '#/services/rds/db-cluster/controller.ts';
import { dbClusterType } from '#/services/rds/db-cluster/resource.ts';
import { decideInstanceState } from '#/services/rds/db-instance/decide.ts';
import { dbInstanceType, type DbInstance, type StandAlone } from '#/services/rds/db-instance/resource.ts';
import { recordEvent } from '#/services/rds/event.ts';
import { instanceEndpoint } from '#/services/rds/names.ts';
import { toSetMember } from '#/services/rds/servers/member.ts';
import { performServers, type ServerSet } from '#/services/rds/servers/perform.ts';

const lookAgainMs = 5_000;

/**
 * Keeps instances: the one that stands alone with its server, and of a cluster's member (whose server the cluster
 * runs) the state, the network interface and the end.
 */
export function dbInstanceController(region: Dependencies): Controller<DbInstance> {
  const { store, drivers, clock } = region;
  const { database, names } = drivers;

  return {
    type: dbInstanceType,
    timeoutMs: 600_000,
    async reconcile({ id }) {
      const instance = store.getAny(dbInstanceType, id);
      if (!instance) return undefined;
      const { alone } = instance.spec;
      const requeueAfterMs = alone ? await reconcileAlone(instance, alone) : lookAgainMs;
      if (instance.deleting && isReleased(instance)) return forget(instance);
      await settle(instance);
      return { requeueAfterMs };
    },
    triggers: [
      trigger(networkInterfaceType, (networkInterface) =>
        store.listAnyBy(dbInstanceType, 'networkInterfaceId', networkInterface.id).map(({ id }) => id),
      ),
      trigger(dbClusterType, (cluster) =>
        store.listAnyBy(dbInstanceType, 'clusterId', cluster.id).map(({ id }) => id),
      ),
    ],
    watch: (enqueue) => database.watch(enqueue),
    effects: { list: () => database.list(), destroy: (id) => database.destroy(id) },
  };

  async function reconcileAlone(instance: DbInstance, alone: StandAlone): Promise<number> {
    const requeueAfterMs = await performServers({ database, clock }, serverSet(instance, alone));
    const name = instanceEndpoint(region, instance.id);
    const data = { type: 'A', addresses: [instance.spec.address] } as const;
    await names.apply({ id: viewId(instance.id), records: [{ name, ttlSeconds: 5, data }] });
    return requeueAfterMs;
  }

  function serverSet(instance: DbInstance, alone: StandAlone): ServerSet {
    const latest = (): DbInstance => store.getAny(dbInstanceType, instance.id) ?? instance;
    return {
      volume: {
        id: instance.spec.resourceId,
        engine: instance.spec.engine === 'mariadb' ? 'mariadb' : 'mysql',
        masterUser: alone.masterUsername,
        masterPassword: alone.masterUserPassword,
        databaseName: alone.databaseName,
      },
      port: alone.port,
      isStopped: instance.spec.isStopped,
      failover: { count: 0, target: undefined },
      passwordGeneration: alone.passwordGeneration,
      members: [toSetMember(region, instance, undefined)],
      status: () => latest().status.servers,
      save: (servers) => void store.setStatus(instance, { ...latest().status, servers }),
      tell(happening) {
        if (happening.what !== 'restarted') return;
        recordEvent(region, instanceEvent(region, happening.id, 'DB instance restarted', ['availability']));
      },
    };
  }

  /** Whether no set of servers holds on to it any more. */
  function isReleased({ id, spec }: DbInstance): boolean {
    const holder =
      spec.clusterId === undefined
        ? store.getAny(dbInstanceType, id)?.status.servers
        : store.getAny(dbClusterType, spec.clusterId)?.status;
    return holder === undefined || (holder.writer !== id && holder.volumes[id] === undefined);
  }

  async function forget(instance: DbInstance): Promise<undefined> {
    await database.destroy(instance.id);
    if (instance.spec.alone) {
      await names.remove(viewId(instance.id));
      for (const volumeId of await database.listVolumes()) {
        if (belongsTo(volumeId, instance.spec.resourceId)) await database.destroyVolume(volumeId);
      }
    }
    store.transaction(() => {
      deleteManagedInterface(region, instance.spec.networkInterfaceId);
      recordEvent(region, instanceEvent(region, instance.id, 'DB instance deleted', ['deletion']));
      store.remove(instance);
    });
  }

  async function settle(instance: DbInstance): Promise<void> {
    const observed = await database.inspect(instance.id);
    const latest = store.getAny(dbInstanceType, instance.id);
    if (!latest) return;
    const { spec, status } = latest;
    const isStopped = spec.isStopped || (isClusterStopped(spec.clusterId) ?? false);
    const state = decideInstanceState({ isStopped, hasAnswered: status.hasAnswered }, observed);
    const hasAnswered = status.hasAnswered || state === 'available';
    if (hasAnswered && !status.hasAnswered)
      recordEvent(region, instanceEvent(region, instance.id, 'DB instance created', ['creation']));
    store.setStatus(latest, { ...status, state, hasAnswered });
  }

  function isClusterStopped(clusterId: string | undefined): boolean | undefined {
    return clusterId === undefined ? undefined : store.getAny(dbClusterType, clusterId)?.spec.isStopped;
  }
}
