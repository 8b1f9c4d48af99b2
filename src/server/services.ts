import type { AnyService, Dependencies, ResourceProvider } from '#/services/contract.ts';
import { autoscalingService } from '#/services/autoscaling/service.ts';
import { cloudformationService } from '#/services/cloudformation/service.ts';
import { publicImages } from '#/services/ec2/image/catalog.ts';
import { ec2Service } from '#/services/ec2/service.ts';
import { elbv2Service } from '#/services/elbv2/service.ts';
import { iamService } from '#/services/iam/service.ts';
import { issueRoleCredentials } from '#/services/iam/sessions.ts';
import { rdsService } from '#/services/rds/service.ts';
import { readObjectText, s3Service } from '#/services/s3/service.ts';
import { secretsmanagerService } from '#/services/secretsmanager/service.ts';
import { snsService } from '#/services/sns/service.ts';
import { ssmService } from '#/services/ssm/service.ts';
import { stsService } from '#/services/sts/service.ts';

export interface ServicesOptions {
  /** Of the region that holds the account's IAM and S3; the region itself unless told. */
  readonly global?: Dependencies | undefined;
  /** See `ComputeOptions`. */
  readonly imageAliases?: readonly string[] | undefined;
}

/** Every service of a region. The order is that of a reader, not of a dependency: services meet through `call`. */
export function createServices(
  dependencies: Dependencies,
  { global = dependencies, imageAliases = [] }: ServicesOptions = {},
): readonly AnyService[] {
  const published = publicImages(dependencies.region).flatMap(({ amiId, ssmParameters }) =>
    ssmParameters.map((name) => ({ name, value: amiId, dataType: 'aws:ec2:image' })),
  );
  const providers = new Map<string, ResourceProvider>();
  const services: readonly AnyService[] = [
    ec2Service(dependencies, {
      imageAliases,
      roleCredentials: (_region, ...role) => issueRoleCredentials(global, ...role),
    }),
    elbv2Service(dependencies),
    autoscalingService(dependencies),
    rdsService(dependencies),
    iamService(dependencies),
    stsService(),
    s3Service(dependencies),
    snsService(),
    ssmService(published),
    secretsmanagerService(dependencies),
    cloudformationService(dependencies, () => providers, {
      readObject: (bucket, key) => readObjectText(global, bucket, key),
    }),
  ];
  for (const { providers: adapters } of services) {
    for (const adapter of adapters) providers.set(adapter.type, adapter);
  }
  return services;
}
