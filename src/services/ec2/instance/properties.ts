import type { Properties, ProviderContext } from '#/services/contract.ts';
import type { InputOf } from '#/wire/api/operation.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';

type RunInput = InputOf<Ec2Api, 'RunInstances'>;
type ModifyInput = Omit<InputOf<Ec2Api, 'ModifyInstanceAttribute'>, 'InstanceId'>;

interface TemplateTag {
  readonly Key: string;
  readonly Value: string;
}

/** A template's properties as the input of RunInstances. */
export function runInput(properties: Properties, context: ProviderContext): RunInput {
  const p = properties as InstanceProperties; // the template was checked against the resource's schema
  const tags = {
    ...context.tags,
    ...Object.fromEntries((p.Tags ?? []).map(({ Key, Value }) => [Key, Value])),
  };
  const tagList = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  return {
    MinCount: 1,
    MaxCount: 1,
    ...without(p, unlikeRunInstances),
    ...(p.AvailabilityZone === undefined ? {} : { Placement: { AvailabilityZone: p.AvailabilityZone } }),
    ...(p.CreditSpecification?.CPUCredits === undefined
      ? {}
      : { CreditSpecification: { CpuCredits: p.CreditSpecification.CPUCredits } }),
    ...(p.IamInstanceProfile === undefined ? {} : { IamInstanceProfile: profileOf(p.IamInstanceProfile) }),
    ...(p.Monitoring === undefined ? {} : { Monitoring: { Enabled: truth(p.Monitoring) } }),
    ...(p.NetworkInterfaces === undefined ? {} : { NetworkInterfaces: p.NetworkInterfaces.map(toInterface) }),
    ...(p.DisableApiTermination === undefined
      ? {}
      : { DisableApiTermination: truth(p.DisableApiTermination) }),
    ...(p.EbsOptimized === undefined ? {} : { EbsOptimized: truth(p.EbsOptimized) }),
    ...(tagList.length === 0 ? {} : { TagSpecifications: [{ ResourceType: 'instance', Tags: tagList }] }),
  };
}

/** What can be changed without another instance, each as one call of ModifyInstanceAttribute. */
export function mutableAttributes(properties: Properties): readonly ModifyInput[] {
  const p = properties as InstanceProperties; // as above
  return [
    ...(p.DisableApiTermination === undefined
      ? []
      : [{ DisableApiTermination: { Value: truth(p.DisableApiTermination) } }]),
    ...(p.SourceDestCheck === undefined ? [] : [{ SourceDestCheck: { Value: truth(p.SourceDestCheck) } }]),
    ...(p.InstanceInitiatedShutdownBehavior === undefined
      ? []
      : [{ InstanceInitiatedShutdownBehavior: { Value: p.InstanceInitiatedShutdownBehavior } }]),
    ...(p.SecurityGroupIds === undefined ? [] : [{ Groups: p.SecurityGroupIds }]),
  ];
}

/** Members whose shape in a template is another than in the API, or that the API does not have. */
const unlikeRunInstances = [
  'AvailabilityZone',
  'CreditSpecification',
  'IamInstanceProfile',
  'Monitoring',
  'NetworkInterfaces',
  'DisableApiTermination',
  'EbsOptimized',
  'SourceDestCheck',
  'Tags',
  'PropagateTagsToVolumeOnCreation',
  'Tenancy',
  'Affinity',
  'Volumes',
  'SsmAssociations',
] as const;

type InstanceProperties = Partial<
  Pick<
    RunInput,
    | 'ImageId'
    | 'InstanceType'
    | 'KeyName'
    | 'SubnetId'
    | 'SecurityGroupIds'
    | 'SecurityGroups'
    | 'UserData'
    | 'LaunchTemplate'
    | 'PrivateIpAddress'
    | 'MetadataOptions'
    | 'BlockDeviceMappings'
    | 'InstanceInitiatedShutdownBehavior'
  >
> & {
  readonly AvailabilityZone?: string;
  readonly CreditSpecification?: { readonly CPUCredits?: string };
  readonly IamInstanceProfile?: string;
  readonly Monitoring?: boolean | string;
  readonly NetworkInterfaces?: readonly TemplateInterface[];
  readonly DisableApiTermination?: boolean | string;
  readonly EbsOptimized?: boolean | string;
  readonly SourceDestCheck?: boolean | string;
  readonly Tags?: readonly TemplateTag[];
  readonly PropagateTagsToVolumeOnCreation?: boolean;
  readonly Tenancy?: string;
  readonly Affinity?: string;
  readonly Volumes?: unknown;
  readonly SsmAssociations?: unknown;
};

interface TemplateInterface {
  readonly DeviceIndex?: number | string;
  readonly GroupSet?: string[];
  readonly SubnetId?: string;
  readonly AssociatePublicIpAddress?: boolean | string;
  readonly DeleteOnTermination?: boolean | string;
  readonly NetworkInterfaceId?: string;
  readonly PrivateIpAddress?: string;
  readonly Description?: string;
}

function toInterface(wish: TemplateInterface): NonNullable<RunInput['NetworkInterfaces']>[number] {
  return {
    DeviceIndex: Number(wish.DeviceIndex ?? 0),
    ...(wish.GroupSet ? { Groups: wish.GroupSet } : {}),
    ...(wish.SubnetId === undefined ? {} : { SubnetId: wish.SubnetId }),
    ...(wish.NetworkInterfaceId === undefined ? {} : { NetworkInterfaceId: wish.NetworkInterfaceId }),
    ...(wish.PrivateIpAddress === undefined ? {} : { PrivateIpAddress: wish.PrivateIpAddress }),
    ...(wish.Description === undefined ? {} : { Description: wish.Description }),
    ...(wish.AssociatePublicIpAddress === undefined
      ? {}
      : { AssociatePublicIpAddress: truth(wish.AssociatePublicIpAddress) }),
    ...(wish.DeleteOnTermination === undefined
      ? {}
      : { DeleteOnTermination: truth(wish.DeleteOnTermination) }),
  };
}

/** Templates may spell booleans as text. */
function truth(value: boolean | string): boolean {
  return value === true || value === 'true';
}

/** A template gives a profile's name; some give its ARN. */
export function profileOf(nameOrArn: string): { Arn: string } | { Name: string } {
  return nameOrArn.startsWith('arn:') ? { Arn: nameOrArn } : { Name: nameOrArn };
}

function without<T extends object, K extends keyof T>(object: T, keys: readonly K[]): Omit<T, K> {
  const left = { ...object };
  for (const key of keys) delete left[key];
  return left;
}
