import { anyType, type Service } from '#/services/contract.ts';
import { parameterProvider } from '#/services/ssm/parameter/cloudformation.ts';
import { parameterOperations } from '#/services/ssm/parameter/operations.ts';
import { parameterType, type PublicParameter } from '#/services/ssm/parameter/resource.ts';

/** Parameter Store; `published` are the public parameters of the region (image ids). */
export function ssmService(published: readonly PublicParameter[]): Service<'ssm'> {
  return {
    name: 'ssm',
    operations: parameterOperations(published),
    types: [anyType(parameterType)],
    controllers: [],
    providers: [parameterProvider],
  };
}
