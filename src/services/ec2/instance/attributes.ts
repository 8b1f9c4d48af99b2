import type { Context, Handlers } from '#/services/contract.ts';
import { dryRunOperation, instanceNotStopped } from '#/services/ec2/compute-errors.ts';
import { invalidParameterCombination, invalidParameterValue } from '#/services/ec2/errors.ts';
import { instanceSizes } from '#/services/ec2/instance-type/catalog.ts';
import { interfacesOf } from '#/services/ec2/instance/interfaces.ts';
import { chooseInstances, requireInstance } from '#/services/ec2/instance/lookup.ts';
import type { Instance, InstanceSpec } from '#/services/ec2/instance/resource.ts';
import { groupsOrDefault } from '#/services/ec2/network-interface/create.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';
import type { InputOf } from '#/wire/api/operation.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';

type ModifyInput = InputOf<Ec2Api, 'ModifyInstanceAttribute'>;

/** The API of single attributes of instances. */
export const attributeOperations = {
  DescribeInstanceAttribute(input, { store }) {
    const instance = requireInstance(store, input.InstanceId);
    const { spec } = instance;
    const [primary] = interfacesOf(store, instance);
    const attributes = {
      instanceType: { InstanceType: { Value: spec.instanceType } },
      userData: { UserData: spec.userData === undefined ? {} : { Value: spec.userData } },
      disableApiTermination: { DisableApiTermination: { Value: spec.disableApiTermination } },
      disableApiStop: { DisableApiStop: { Value: spec.disableApiStop } },
      instanceInitiatedShutdownBehavior: {
        InstanceInitiatedShutdownBehavior: { Value: spec.instanceInitiatedShutdownBehavior },
      },
      rootDeviceName: { RootDeviceName: { Value: '/dev/xvda' } },
      ebsOptimized: { EbsOptimized: { Value: spec.ebsOptimized } },
      enaSupport: { EnaSupport: { Value: true } },
      sourceDestCheck: { SourceDestCheck: { Value: primary?.spec.sourceDestCheck ?? true } },
      groupSet: { Groups: (primary?.spec.securityGroupIds ?? []).map((GroupId) => ({ GroupId })) },
      blockDeviceMapping: {
        BlockDeviceMappings: [
          {
            DeviceName: '/dev/xvda',
            Ebs: {
              VolumeId: spec.rootVolume.id,
              Status: 'attached' as const,
              AttachTime: new Date(spec.launchedAt),
              DeleteOnTermination: spec.rootVolume.deleteOnTermination,
            },
          },
        ],
      },
      kernel: { KernelId: {} },
      ramdisk: { RamdiskId: {} },
      sriovNetSupport: { SriovNetSupport: {} },
      enclaveOptions: { EnclaveOptions: { Enabled: false } },
      productCodes: { ProductCodes: [] },
    };
    return { InstanceId: instance.id, ...attributes[input.Attribute] };
  },

  ModifyInstanceAttribute(input, context) {
    const { store } = context;
    const instance = requireInstance(store, input.InstanceId);
    const changes = attributeChanges(input);
    if (
      (changes.instanceType !== undefined || changes.userData !== undefined) &&
      instance.status.state !== 'stopped'
    )
      throw instanceNotStopped(instance.id);
    if (input.DryRun) throw dryRunOperation();
    changeInterface(context, instance, input);
    store.setSpec(instance, { ...instance.spec, ...changes });
    return {};
  },

  ModifyInstanceMetadataOptions(input, { store }) {
    const instance = requireInstance(store, input.InstanceId);
    const earlier = instance.spec.metadataOptions;
    const metadataOptions = {
      httpTokens: input.HttpTokens ?? earlier.httpTokens,
      httpPutResponseHopLimit: input.HttpPutResponseHopLimit ?? earlier.httpPutResponseHopLimit,
      httpEndpoint: input.HttpEndpoint ?? earlier.httpEndpoint,
      instanceMetadataTags: input.InstanceMetadataTags ?? earlier.instanceMetadataTags,
    };
    if (input.DryRun) throw dryRunOperation();
    store.setSpec(instance, { ...instance.spec, metadataOptions });
    return {
      InstanceId: instance.id,
      InstanceMetadataOptions: {
        State: 'pending',
        HttpTokens: metadataOptions.httpTokens,
        HttpPutResponseHopLimit: metadataOptions.httpPutResponseHopLimit,
        HttpEndpoint: metadataOptions.httpEndpoint,
        HttpProtocolIpv6: 'disabled',
        InstanceMetadataTags: metadataOptions.instanceMetadataTags,
      },
    };
  },

  MonitorInstances(input, { store }) {
    return { InstanceMonitorings: setMonitoring(store, input.InstanceIds, true) };
  },

  UnmonitorInstances(input, { store }) {
    return { InstanceMonitorings: setMonitoring(store, input.InstanceIds, false) };
  },

  DescribeInstanceCreditSpecifications(input, { store }) {
    return {
      InstanceCreditSpecifications: chooseInstances(store, input.InstanceIds).flatMap(({ id, spec }) =>
        spec.cpuCredits === undefined ? [] : [{ InstanceId: id, CpuCredits: spec.cpuCredits }],
      ),
    };
  },
} satisfies Handlers<Ec2Api>;

/** The members that are written out, or the old pair of `Attribute` and `Value`. */
function attributeChanges(input: ModifyInput): Partial<InstanceSpec> {
  const old = (name: string): string | undefined => (input.Attribute === name ? input.Value : undefined);
  const instanceType = input.InstanceType?.Value ?? old('instanceType');
  if (instanceType !== undefined && !instanceSizes.has(instanceType))
    throw invalidParameterValue(`Invalid value '${instanceType}' for InstanceType.`);
  const behavior = input.InstanceInitiatedShutdownBehavior?.Value ?? old('instanceInitiatedShutdownBehavior');
  if (behavior !== undefined && behavior !== 'stop' && behavior !== 'terminate')
    throw invalidParameterValue(`Invalid value '${behavior}' for instanceInitiatedShutdownBehavior.`);
  const userData = input.UserData?.Value;
  const changes = {
    instanceType,
    instanceInitiatedShutdownBehavior: behavior,
    // The wire has decoded the blob; the wish keeps it as RunInstances gave it.
    userData: userData === undefined ? old('userData') : Buffer.from(userData).toString('base64'),
    disableApiTermination: input.DisableApiTermination?.Value ?? flag(old('disableApiTermination')),
    disableApiStop: input.DisableApiStop?.Value ?? flag(old('disableApiStop')),
    ebsOptimized: input.EbsOptimized?.Value ?? flag(old('ebsOptimized')),
  };
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}

function flag(text: string | undefined): boolean | undefined {
  return text === undefined ? undefined : text === 'true';
}

/** Groups and the source check belong to the primary interface. */
function changeInterface({ store }: Context, instance: Instance, input: ModifyInput): void {
  if (!input.Groups && input.SourceDestCheck?.Value === undefined) return;
  const interfaces = interfacesOf(store, instance);
  const [primary] = interfaces;
  if (!primary || interfaces.length > 1)
    throw invalidParameterCombination(
      `There are multiple interfaces attached to instance '${instance.id}'. Please specify an interface ID for the operation instead.`,
    );
  store.setSpec(store.get(networkInterfaceType, primary.id) ?? primary, {
    ...primary.spec,
    sourceDestCheck: input.SourceDestCheck?.Value ?? primary.spec.sourceDestCheck,
    securityGroupIds: input.Groups
      ? groupsOrDefault({ store }, primary.spec.vpcId, input.Groups)
      : primary.spec.securityGroupIds,
  });
}

function setMonitoring(
  store: Context['store'],
  ids: readonly string[],
  monitoring: boolean,
): { InstanceId: string; Monitoring: { State: 'pending' | 'disabling' } }[] {
  return chooseInstances(store, ids).map((instance) => {
    store.setSpec(instance, { ...instance.spec, monitoring });
    return { InstanceId: instance.id, Monitoring: { State: monitoring ? 'pending' : 'disabling' } };
  });
}
