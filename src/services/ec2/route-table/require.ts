import { associationNotFound, routeTableNotFound } from '#/services/ec2/errors.ts';
import {
  routeTableType,
  type RouteTable,
  type RouteTableAssociation,
} from '#/services/ec2/route-table/resource.ts';
import type { Store } from '#/store/store.ts';

/** The route table. Throws InvalidRouteTableID.NotFound. */
export function requireTable(store: Store, id: string): RouteTable {
  const table = store.get(routeTableType, id);
  if (!table) throw routeTableNotFound(id);
  return table;
}

/** The association and its table. Throws InvalidAssociationID.NotFound. */
export function requireAssociation(
  store: Store,
  associationId: string,
): { readonly table: RouteTable; readonly association: RouteTableAssociation } {
  const [table] = store.listBy(routeTableType, 'associationId', associationId);
  const association = table?.spec.associations.find((found) => found.associationId === associationId);
  if (!table || !association) throw associationNotFound(associationId);
  return { table, association };
}
