import { AwsError } from '#/lib/aws-error.ts';
import type { Properties, ProviderContext, ResourceProvider, Stability } from '#/services/contract.ts';
import { withStackTags, type TagPair } from '#/services/stack-tags.ts';
import { mutableAttributes, profileOf, runInput } from '#/services/ec2/instance/properties.ts';
import type * as aws from '@aws-sdk/client-ec2';

/** `AWS::EC2::Instance`. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-instance.html */
export const instanceProvider: ResourceProvider = {
  type: 'AWS::EC2::Instance',
  create(properties, context) {
    const [instance] = context.call.ec2.RunInstances(runInput(properties, context)).Instances ?? [];
    const id = instance?.InstanceId ?? '';
    if (properties['SourceDestCheck'] === false || properties['SourceDestCheck'] === 'false')
      context.call.ec2.ModifyInstanceAttribute({ InstanceId: id, SourceDestCheck: { Value: false } });
    return id;
  },
  stability(id, context) {
    const state = find(id, context)?.State?.Name;
    if (state === 'running') return { state: 'stable' };
    if (state === 'pending') return { state: 'in-progress' };
    return failed(id, state);
  },
  update(id, properties, previous, context) {
    // These need a stop in between on AWS; here another instance is made, and the engine ends the old one.
    if (['InstanceType', 'UserData'].some((name) => properties[name] !== previous[name]))
      return instanceProvider.create(properties, context);
    if (properties['IamInstanceProfile'] !== previous['IamInstanceProfile'])
      replaceProfile(id, properties, context);
    for (const attribute of mutableAttributes(properties))
      context.call.ec2.ModifyInstanceAttribute({ InstanceId: id, ...attribute });
    retag(id, properties, context);
    return id;
  },
  delete(id, context) {
    if (find(id, context)) context.call.ec2.TerminateInstances({ InstanceIds: [id] });
  },
  gone(id, context) {
    const state = find(id, context)?.State?.Name;
    return state === undefined || state === 'terminated';
  },
  attributes(id, context) {
    const instance = find(id, context);
    return {
      InstanceId: id,
      AvailabilityZone: instance?.Placement?.AvailabilityZone,
      PrivateIp: instance?.PrivateIpAddress,
      PrivateDnsName: instance?.PrivateDnsName,
      PublicIp: instance?.PublicIpAddress,
      PublicDnsName: instance?.PublicDnsName,
      VpcId: instance?.VpcId,
      'State.Code': instance?.State?.Code,
      'State.Name': instance?.State?.Name,
    };
  },
};

function failed(id: string, state: string | undefined): Stability {
  return { state: 'failed', reason: `Instance ${id} did not stabilize; its state is ${state ?? 'unknown'}.` };
}

function find(id: string, { call }: ProviderContext): aws.Instance | undefined {
  try {
    return call.ec2.DescribeInstances({ InstanceIds: [id] }).Reservations?.[0]?.Instances?.[0];
  } catch (error) {
    if (error instanceof AwsError && error.code.startsWith('InvalidInstanceID')) return undefined;
    throw error;
  }
}

function replaceProfile(id: string, properties: Properties, { call }: ProviderContext): void {
  const Filters = [{ Name: 'instance-id', Values: [id] }];
  const { IamInstanceProfileAssociations } = call.ec2.DescribeIamInstanceProfileAssociations({ Filters });
  for (const { AssociationId = '' } of IamInstanceProfileAssociations ?? [])
    call.ec2.DisassociateIamInstanceProfile({ AssociationId });
  const name = properties['IamInstanceProfile'];
  if (typeof name === 'string')
    call.ec2.AssociateIamInstanceProfile({ InstanceId: id, IamInstanceProfile: profileOf(name) });
}

function retag(id: string, properties: Properties, context: ProviderContext): void {
  const own = (properties['Tags'] ?? []) as TagPair[]; // the template's schema says so
  const all = withStackTags(context, own);
  if (all.length > 0) context.call.ec2.CreateTags({ Resources: [id], Tags: all });
}
