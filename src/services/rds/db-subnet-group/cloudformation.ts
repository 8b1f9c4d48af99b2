import type { ResourceProvider } from '#/services/contract.ts';
import { tagsOf, textOf, textsOf, unlessGone } from '#/services/rds/cloudformation.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-rds-dbsubnetgroup.html */
export const dbSubnetGroupProvider: ResourceProvider = {
  type: 'AWS::RDS::DBSubnetGroup',
  create(properties, context) {
    const { DBSubnetGroup } = context.call.rds.CreateDBSubnetGroup({
      DBSubnetGroupName: textOf(properties, 'DBSubnetGroupName') ?? context.physicalName(255).toLowerCase(),
      DBSubnetGroupDescription: textOf(properties, 'DBSubnetGroupDescription') ?? '',
      SubnetIds: textsOf(properties, 'SubnetIds') ?? [],
      Tags: tagsOf(properties, context),
    });
    return DBSubnetGroup?.DBSubnetGroupName ?? '';
  },
  stability: () => ({ state: 'stable' }),
  update(id, properties, _previous, { call }) {
    call.rds.ModifyDBSubnetGroup({
      DBSubnetGroupName: id,
      DBSubnetGroupDescription: textOf(properties, 'DBSubnetGroupDescription') ?? '',
      SubnetIds: textsOf(properties, 'SubnetIds') ?? [],
    });
    return id;
  },
  delete(id, { call }) {
    unlessGone(() => call.rds.DeleteDBSubnetGroup({ DBSubnetGroupName: id }));
  },
  attributes: () => ({}),
};
