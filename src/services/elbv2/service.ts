import { anyController } from '#/controllers/controller.ts';
import { anyType, type Dependencies, type Service } from '#/services/contract.ts';
import { generalOperations } from '#/services/elbv2/general.ts';
import { listenerProvider } from '#/services/elbv2/listener/cloudformation.ts';
import { listenerOperations } from '#/services/elbv2/listener/operations.ts';
import { listenerType } from '#/services/elbv2/listener/resource.ts';
import { loadBalancerProvider } from '#/services/elbv2/load-balancer/cloudformation.ts';
import { loadBalancerController } from '#/services/elbv2/load-balancer/controller.ts';
import { loadBalancerOperations } from '#/services/elbv2/load-balancer/operations.ts';
import { loadBalancerType } from '#/services/elbv2/load-balancer/resource.ts';
import { ruleProvider } from '#/services/elbv2/rule/cloudformation.ts';
import { ruleOperations } from '#/services/elbv2/rule/operations.ts';
import { ruleType } from '#/services/elbv2/rule/resource.ts';
import { targetGroupProvider } from '#/services/elbv2/target-group/cloudformation.ts';
import { targetGroupController } from '#/services/elbv2/target-group/controller.ts';
import { targetGroupOperations } from '#/services/elbv2/target-group/operations.ts';
import { targetGroupType } from '#/services/elbv2/target-group/resource.ts';

/** Elastic Load Balancing, version 2: application load balancers. */
export function elbv2Service(dependencies: Dependencies): Service<'elbv2'> {
  return {
    name: 'elbv2',
    operations: {
      ...loadBalancerOperations,
      ...listenerOperations,
      ...ruleOperations,
      ...targetGroupOperations,
      ...generalOperations,
    },
    metadataOnly: ['DescribeSSLPolicies', 'ModifyListenerAttributes', 'DescribeListenerAttributes'],
    types: [anyType(loadBalancerType), anyType(listenerType), anyType(ruleType), anyType(targetGroupType)],
    controllers: [
      anyController(loadBalancerController(dependencies)),
      anyController(targetGroupController(dependencies)),
    ],
    providers: [loadBalancerProvider(dependencies), targetGroupProvider, listenerProvider, ruleProvider],
  };
}
