import { anyController } from '#/controllers/controller.ts';
import { anyType, type Dependencies, type Service } from '#/services/contract.ts';
import { catalogOperations } from '#/services/rds/catalog/operations.ts';
import { dbClusterProvider } from '#/services/rds/db-cluster/cloudformation.ts';
import { dbClusterController } from '#/services/rds/db-cluster/controller.ts';
import { dbClusterOperations } from '#/services/rds/db-cluster/operations.ts';
import { dbClusterType } from '#/services/rds/db-cluster/resource.ts';
import { dbInstanceProvider } from '#/services/rds/db-instance/cloudformation.ts';
import { dbInstanceController } from '#/services/rds/db-instance/controller.ts';
import { dbInstanceOperations } from '#/services/rds/db-instance/operations.ts';
import { dbInstanceType } from '#/services/rds/db-instance/resource.ts';
import {
  dbClusterParameterGroupProvider,
  dbParameterGroupProvider,
} from '#/services/rds/db-parameter-group/cloudformation.ts';
import { dbParameterGroupOperations } from '#/services/rds/db-parameter-group/operations.ts';
import {
  dbClusterParameterGroupType,
  dbParameterGroupType,
} from '#/services/rds/db-parameter-group/resource.ts';
import { dbSubnetGroupProvider } from '#/services/rds/db-subnet-group/cloudformation.ts';
import { dbSubnetGroupOperations } from '#/services/rds/db-subnet-group/operations.ts';
import { dbSubnetGroupType } from '#/services/rds/db-subnet-group/resource.ts';
import { rdsEventType } from '#/services/rds/event.ts';
import { tagOperations } from '#/services/rds/tags.ts';

/** RDS: Aurora clusters, instances that stand alone, and what they are placed and set up by. */
export function rdsService(dependencies: Dependencies): Service<'rds'> {
  return {
    name: 'rds',
    operations: {
      ...dbClusterOperations,
      ...dbInstanceOperations,
      ...dbSubnetGroupOperations,
      ...dbParameterGroupOperations,
      ...catalogOperations,
      ...tagOperations,
    },
    types: [
      anyType(dbClusterType),
      anyType(dbInstanceType),
      anyType(dbSubnetGroupType),
      anyType(dbParameterGroupType),
      anyType(dbClusterParameterGroupType),
      anyType(rdsEventType),
    ],
    controllers: [
      anyController(dbClusterController(dependencies)),
      anyController(dbInstanceController(dependencies)),
    ],
    providers: [
      dbSubnetGroupProvider,
      dbParameterGroupProvider,
      dbClusterParameterGroupProvider,
      dbClusterProvider,
      dbInstanceProvider,
    ],
  };
}
