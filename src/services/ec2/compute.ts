import { anyType, type Dependencies } from '#/services/contract.ts';
import { consoleOperations } from '#/services/ec2/console/operations.ts';
import { imageOperations } from '#/services/ec2/image/operations.ts';
import { instanceTypeOperations } from '#/services/ec2/instance-type/operations.ts';
import { attributeOperations } from '#/services/ec2/instance/attributes.ts';
import { instanceProvider } from '#/services/ec2/instance/cloudformation.ts';
import { instanceController } from '#/services/ec2/instance/controller.ts';
import type { RoleCredentialsSource } from '#/services/ec2/instance/metadata.ts';
import { instanceOperations } from '#/services/ec2/instance/operations.ts';
import { profileOperations } from '#/services/ec2/instance/profile.ts';
import { instanceType } from '#/services/ec2/instance/resource.ts';
import { runOperations } from '#/services/ec2/instance/run.ts';
import type { Ec2Parts } from '#/services/ec2/service.ts';
import { volumeOperations } from '#/services/ec2/instance/volumes.ts';
import { keyPairProvider } from '#/services/ec2/key-pair/cloudformation.ts';
import { keyPairOperations } from '#/services/ec2/key-pair/operations.ts';
import { keyPairType } from '#/services/ec2/key-pair/resource.ts';
import { launchTemplateProvider } from '#/services/ec2/launch-template/cloudformation.ts';
import { launchTemplateOperations } from '#/services/ec2/launch-template/operations.ts';
import { launchTemplateType } from '#/services/ec2/launch-template/resource.ts';
import { issueRoleCredentials } from '#/services/iam/sessions.ts';

export interface ComputeOptions {
  /** Where instances' keys for their role come from; IAM's sessions unless told. */
  readonly roleCredentials?: RoleCredentialsSource;
  /** Image ids of real regions that stand for the compatibility image. Only a simulation may accept them. */
  readonly imageAliases?: readonly string[];
}

/** Instances, launch templates, images, instance types, key pairs. */
export function computeParts(dependencies: Dependencies, options: ComputeOptions = {}): Ec2Parts {
  const imageAliases = options.imageAliases ?? [];
  return {
    operations: {
      ...runOperations(imageAliases),
      ...instanceOperations,
      ...attributeOperations,
      ...profileOperations,
      ...volumeOperations,
      ...consoleOperations(dependencies),
      ...imageOperations(imageAliases),
      ...instanceTypeOperations,
      ...keyPairOperations,
      ...launchTemplateOperations,
    },
    types: [anyType(instanceType), anyType(launchTemplateType), anyType(keyPairType)],
    controllers: [
      instanceController(dependencies, {
        imageAliases,
        roleCredentials: options.roleCredentials ?? issueRoleCredentials,
      }),
    ],
    providers: [instanceProvider, launchTemplateProvider, keyPairProvider],
    metadataOnly: ['MonitorInstances', 'UnmonitorInstances'],
  };
}
