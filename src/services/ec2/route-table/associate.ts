import { assert } from '#/lib/assert.ts';
import { resourceId } from '#/lib/random.ts';
import type { Context } from '#/services/contract.ts';
import { routeTableType, type RouteTable } from '#/services/ec2/route-table/resource.ts';

/** Adds an association to a table: of a subnet, or (undefined) as the VPC's main table. Answers its id. */
export function addAssociation(
  { store, random }: Pick<Context, 'store' | 'random'>,
  tableId: string,
  subnetId: string | undefined,
): string {
  const latest = store.get(routeTableType, tableId);
  assert(latest, `${tableId} exists`);
  const associationId = resourceId('rtbassoc', random);
  store.setSpec(latest, {
    ...latest.spec,
    associations: [...latest.spec.associations, { associationId, subnetId }],
  });
  return associationId;
}

/** Takes an association off its table. */
export function removeAssociation(
  { store }: Pick<Context, 'store'>,
  table: RouteTable,
  associationId: string,
): void {
  store.setSpec(table, {
    ...table.spec,
    associations: table.spec.associations.filter(
      (association) => association.associationId !== associationId,
    ),
  });
}

/** Takes a subnet that goes off its table. */
export function removeSubnetFromTables({ store }: Pick<Context, 'store'>, subnetId: string): void {
  for (const table of store.listBy(routeTableType, 'subnetId', subnetId)) {
    for (const association of table.spec.associations)
      if (association.subnetId === subnetId) removeAssociation({ store }, table, association.associationId);
  }
}
