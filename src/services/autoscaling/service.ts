import { autoScalingGroupProvider } from '#/services/autoscaling/auto-scaling-group/cloudformation.ts';
import { autoScalingGroupController } from '#/services/autoscaling/auto-scaling-group/controller.ts';
import { membershipOperations } from '#/services/autoscaling/auto-scaling-group/membership.ts';
import { groupOperations } from '#/services/autoscaling/auto-scaling-group/operations.ts';
import {
  autoScalingGroupType,
  groupInstanceType,
  scalingActivityType,
} from '#/services/autoscaling/auto-scaling-group/resource.ts';
import { settingOperations } from '#/services/autoscaling/auto-scaling-group/settings.ts';
import { launchConfigurationProvider } from '#/services/autoscaling/launch-configuration/cloudformation.ts';
import { launchConfigurationOperations } from '#/services/autoscaling/launch-configuration/operations.ts';
import { launchConfigurationType } from '#/services/autoscaling/launch-configuration/resource.ts';
import { anyType, type Dependencies, type Service } from '#/services/contract.ts';

/** EC2 Auto Scaling. */
export function autoscalingService(dependencies: Dependencies): Service<'autoscaling'> {
  return {
    name: 'autoscaling',
    operations: {
      ...groupOperations,
      ...membershipOperations,
      ...settingOperations,
      ...launchConfigurationOperations,
    },
    metadataOnly: ['EnableMetricsCollection', 'DisableMetricsCollection'],
    types: [
      anyType(autoScalingGroupType),
      anyType(groupInstanceType),
      anyType(scalingActivityType),
      anyType(launchConfigurationType),
    ],
    controllers: [autoScalingGroupController(dependencies)],
    providers: [autoScalingGroupProvider, launchConfigurationProvider],
  };
}
