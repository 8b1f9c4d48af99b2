import type { Handlers } from '#/services/contract.ts';
import type { RdsApi } from '#/wire/api/rds.ts';
import {
  engineVersions,
  instanceClasses,
  requireEngineVersion,
  type EngineVersion,
} from '#/services/rds/engines.ts';
import { rdsEventType } from '#/services/rds/event.ts';
import { page } from '#/services/rds/pages.ts';

const defaultDurationMinutes = 60;

/** What can be ordered, and what happened. */
export const catalogOperations = {
  DescribeDBEngineVersions({ Engine, EngineVersion: version, DBParameterGroupFamily, DefaultOnly, ...rest }) {
    const versions = engineVersions.filter(
      (each) =>
        (Engine === undefined || each.engine === Engine) &&
        (version === undefined || each.version === version || each.version.startsWith(`${version}.`)) &&
        (DBParameterGroupFamily === undefined || each.family === DBParameterGroupFamily) &&
        (!DefaultOnly || each === requireEngineVersion(each.engine, undefined)),
    );
    const { items, next } = page(versions, rest);
    return { DBEngineVersions: items.map(toEngineVersion), ...next };
  },

  DescribeOrderableDBInstanceOptions(
    { Engine, EngineVersion: version, DBInstanceClass, ...rest },
    { region },
  ) {
    const options = engineVersions
      .filter((each) => each.engine === Engine && (version === undefined || each.version === version))
      .flatMap((each) =>
        instanceClasses
          .filter(({ name }) => DBInstanceClass === undefined || name === DBInstanceClass)
          .map(({ name }) => ({ each, name })),
      );
    const { items, next } = page(options, rest);
    const zones = ['a', 'b', 'c'].map((letter) => ({ Name: `${region}${letter}` }));
    return {
      OrderableDBInstanceOptions: items.map(({ each, name }) => ({
        Engine: each.engine,
        EngineVersion: each.version,
        DBInstanceClass: name,
        LicenseModel: 'general-public-license',
        AvailabilityZones: zones,
        MultiAZCapable: each.engine === 'aurora-mysql',
        ReadReplicaCapable: each.engine === 'aurora-mysql',
        Vpc: true,
        SupportsStorageEncryption: true,
        StorageType: each.engine === 'aurora-mysql' ? 'aurora' : 'gp2',
        SupportedEngineModes: ['provisioned'],
        SupportedNetworkTypes: ['IPV4'],
      })),
      ...next,
    };
  },

  /** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeEvents.html */
  DescribeEvents(input, { store, clock }) {
    const { SourceIdentifier, SourceType, StartTime, EndTime, Duration, EventCategories, ...rest } = input;
    const end = EndTime?.getTime() ?? clock.now();
    const start = StartTime?.getTime() ?? end - (Duration ?? defaultDurationMinutes) * 60_000;
    const events = store
      .list(rdsEventType)
      .filter(
        ({ spec, createdAt }) =>
          createdAt >= start &&
          createdAt <= end &&
          (SourceIdentifier === undefined || spec.sourceIdentifier === SourceIdentifier.toLowerCase()) &&
          (SourceType === undefined || spec.sourceType === SourceType) &&
          (!EventCategories?.length ||
            EventCategories.some((category) => spec.categories.includes(category))),
      );
    const { items, next } = page(events, rest);
    return {
      Events: items.map(({ spec, createdAt }) => ({
        SourceIdentifier: spec.sourceIdentifier,
        SourceType: spec.sourceType,
        Message: spec.message,
        EventCategories: [...spec.categories],
        Date: new Date(createdAt),
        SourceArn: spec.sourceArn,
      })),
      ...next,
    };
  },
} satisfies Handlers<RdsApi>;

function toEngineVersion({ engine, version, family, description, engineDescription }: EngineVersion) {
  return {
    Engine: engine,
    EngineVersion: version,
    MajorEngineVersion: version.split('.').slice(0, 2).join('.'),
    DBParameterGroupFamily: family,
    DBEngineDescription: engineDescription,
    DBEngineVersionDescription: description,
    ValidUpgradeTarget: [],
    ExportableLogTypes: [],
    SupportsLogExportsToCloudwatchLogs: false,
    SupportsReadReplica: engine === 'aurora-mysql',
    SupportedEngineModes: ['provisioned'],
    SupportedFeatureNames: [],
    Status: 'available',
    SupportsParallelQuery: false,
    SupportsGlobalDatabases: false,
    SupportsBabelfish: false,
  };
}
