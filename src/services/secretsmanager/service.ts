import { anyController, type Controller } from '#/controllers/controller.ts';
import { anyType, type Dependencies, type Service } from '#/services/contract.ts';
import {
  secretProvider,
  secretTargetAttachmentProvider,
} from '#/services/secretsmanager/secret/cloudformation.ts';
import { secretOperations } from '#/services/secretsmanager/secret/operations.ts';
import { secretType, type Secret } from '#/services/secretsmanager/secret/resource.ts';

/** Secrets and their versions. */
export function secretsmanagerService(dependencies: Dependencies): Service<'secretsmanager'> {
  return {
    name: 'secretsmanager',
    operations: secretOperations,
    metadataOnly: ['PutResourcePolicy', 'GetResourcePolicy'],
    types: [anyType(secretType)],
    controllers: [anyController(secretController(dependencies))],
    providers: [secretProvider, secretTargetAttachmentProvider],
  };
}

/** Forgets a secret when its recovery window is over. */
function secretController({ store, clock }: Dependencies): Controller<Secret> {
  return {
    type: secretType,
    async reconcile(secret) {
      const { deletionAt } = secret.spec;
      if (deletionAt === undefined) return undefined;
      if (deletionAt > clock.now()) return { requeueAfterMs: Math.min(deletionAt - clock.now(), 3_600_000) };
      store.remove(secret);
      return undefined;
    },
  };
}
