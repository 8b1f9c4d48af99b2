import { anyController } from '#/controllers/controller.ts';
import { anyType, type Dependencies, type ResourceProvider, type Service } from '#/services/contract.ts';
import { changeSetOperations } from '#/services/cloudformation/change-set/operations.ts';
import { changeSetType } from '#/services/cloudformation/change-set/resource.ts';
import {
  metadataOnlyProviders,
  rememberedResourceType,
} from '#/services/cloudformation/providers/metadata-only.ts';
import {
  cdkMetadataProvider,
  waitConditionHandleProvider,
} from '#/services/cloudformation/providers/nothing.ts';
import type { ReadObject } from '#/services/cloudformation/source.ts';
import { stackController } from '#/services/cloudformation/stack/controller.ts';
import { describeOperations } from '#/services/cloudformation/stack/describe.ts';
import { stackOperations } from '#/services/cloudformation/stack/operations.ts';
import { rollbackOperations } from '#/services/cloudformation/stack/rollback.ts';
import { stackEventType, stackResourceType, stackType } from '#/services/cloudformation/stack/resource.ts';
import { templateOperations } from '#/services/cloudformation/template-operations.ts';

export interface CloudformationOptions {
  /** Reads templates from the region's own S3. Rejects with `AwsError` when there is no such object. */
  readonly readObject: ReadObject;
}

/**
 * Stacks. `providers` is asked at each use, by type name: it holds those of all services, this one's among them,
 * which are not all built when this one is.
 */
export function cloudformationService(
  dependencies: Dependencies,
  providers: () => ReadonlyMap<string, ResourceProvider>,
  { readObject }: CloudformationOptions,
): Service<'cloudformation'> {
  const engine = { ...dependencies, providers };
  return {
    name: 'cloudformation',
    operations: {
      ...stackOperations(engine, readObject),
      ...changeSetOperations(engine, readObject),
      ...templateOperations(readObject),
      ...rollbackOperations,
      ...describeOperations,
    },
    types: [
      anyType(stackType),
      anyType(stackResourceType),
      anyType(stackEventType),
      anyType(changeSetType),
      anyType(rememberedResourceType),
    ],
    controllers: [anyController(stackController(engine))],
    providers: [
      cdkMetadataProvider,
      waitConditionHandleProvider,
      ...metadataOnlyProviders(dependencies.store),
    ],
  };
}
