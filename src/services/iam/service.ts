import { anyController } from '#/controllers/controller.ts';
import { anyType, type Dependencies, type Service } from '#/services/contract.ts';
import { instanceProfileProvider } from '#/services/iam/instance-profile/cloudformation.ts';
import { instanceProfileOperations } from '#/services/iam/instance-profile/operations.ts';
import { instanceProfileType } from '#/services/iam/instance-profile/resource.ts';
import { inlinePolicyProvider, managedPolicyProvider } from '#/services/iam/policy/cloudformation.ts';
import { policyOperations } from '#/services/iam/policy/operations.ts';
import { managedPolicyType } from '#/services/iam/policy/resource.ts';
import { roleProvider } from '#/services/iam/role/cloudformation.ts';
import { roleOperations } from '#/services/iam/role/operations.ts';
import { roleType } from '#/services/iam/role/resource.ts';
import { sessionController } from '#/services/iam/session-controller.ts';
import { sessionType } from '#/services/iam/sessions.ts';
import { userOperations } from '#/services/iam/user/operations.ts';
import { accessKeyType, userType } from '#/services/iam/user/resource.ts';

/** Identities and credentials. Policies are stored and shown; they are not enforced yet. */
export function iamService(dependencies: Dependencies): Service<'iam'> {
  return {
    name: 'iam',
    operations: { ...roleOperations, ...policyOperations, ...instanceProfileOperations, ...userOperations },
    metadataOnly: [
      ...(Object.keys(policyOperations) as (keyof typeof policyOperations)[]),
      'PutRolePolicy',
      'GetRolePolicy',
      'DeleteRolePolicy',
      'ListRolePolicies',
      'UpdateAssumeRolePolicy',
      'AttachRolePolicy',
      'DetachRolePolicy',
      'ListAttachedRolePolicies',
    ],
    types: [roleType, managedPolicyType, instanceProfileType, userType, accessKeyType, sessionType].map(
      (type) => anyType(type as Parameters<typeof anyType>[0]),
    ),
    controllers: [anyController(sessionController(dependencies))],
    providers: [roleProvider, inlinePolicyProvider, managedPolicyProvider, instanceProfileProvider],
  };
}
