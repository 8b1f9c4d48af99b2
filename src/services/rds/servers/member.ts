import type { Dependencies } from '#/services/contract.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';
import type { DbInstance } from '#/services/rds/db-instance/resource.ts';
import { engineVersion } from '#/services/rds/engines.ts';
import type { SetMember } from '#/services/rds/servers/perform.ts';
import { parametersOf } from '#/services/rds/db-parameter-group/parameters.ts';

/** How much memory a server's cache gets, whatever the instance class: many servers share one host. */
const bufferPoolMib = 32;

/** An instance as a member of its set of servers. */
export function toSetMember(
  { store, drivers }: Pick<Dependencies, 'store' | 'drivers'>,
  instance: DbInstance,
  clusterParameterGroupName: string | undefined,
): SetMember {
  const { id, spec, deleting } = instance;
  const networkInterface = store.get(networkInterfaceType, spec.networkInterfaceId);
  return {
    id,
    resourceId: spec.resourceId,
    isDeleting: deleting,
    isLinked: networkInterface?.status.isLinked ?? false,
    namespace: drivers.network.namespaceOf(spec.networkInterfaceId),
    address: spec.address,
    promotionTier: spec.promotionTier,
    restarts: spec.restarts,
    reportedVersion: engineVersion(spec.engine, spec.engineVersion)?.reportedVersion ?? spec.engineVersion,
    bufferPoolMib,
    variables: parametersOf(store, clusterParameterGroupName, spec.parameterGroupName),
  };
}
