// Writes src/services/cloudformation/schemas/types.json: what CloudFormation knows of each supported type.
// Run it after changing the list or the pinned @aws-cdk/aws-service-spec: `node tools/gen-schemas.ts`.
import { writeFileSync } from 'node:fs';
import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { Property, PropertyType, Resource, SpecDatabase } from '@aws-cdk/service-spec-types';

const supported = [
  'AWS::AutoScaling::AutoScalingGroup',
  'AWS::AutoScaling::LaunchConfiguration',
  'AWS::AutoScaling::LifecycleHook',
  'AWS::AutoScaling::ScalingPolicy',
  'AWS::AutoScaling::ScheduledAction',
  'AWS::CloudFormation::CustomResource',
  'AWS::CloudFormation::Stack',
  'AWS::CloudFormation::WaitCondition',
  'AWS::CloudFormation::WaitConditionHandle',
  'AWS::CloudWatch::Alarm',
  'AWS::EC2::DHCPOptions',
  'AWS::EC2::EIP',
  'AWS::EC2::EIPAssociation',
  'AWS::EC2::FlowLog',
  'AWS::EC2::Instance',
  'AWS::EC2::InternetGateway',
  'AWS::EC2::KeyPair',
  'AWS::EC2::LaunchTemplate',
  'AWS::EC2::NatGateway',
  'AWS::EC2::NetworkAcl',
  'AWS::EC2::NetworkAclEntry',
  'AWS::EC2::NetworkInterface',
  'AWS::EC2::NetworkInterfaceAttachment',
  'AWS::EC2::PrefixList',
  'AWS::EC2::Route',
  'AWS::EC2::RouteTable',
  'AWS::EC2::SecurityGroup',
  'AWS::EC2::SecurityGroupEgress',
  'AWS::EC2::SecurityGroupIngress',
  'AWS::EC2::Subnet',
  'AWS::EC2::SubnetCidrBlock',
  'AWS::EC2::SubnetNetworkAclAssociation',
  'AWS::EC2::SubnetRouteTableAssociation',
  'AWS::EC2::VPC',
  'AWS::EC2::VPCCidrBlock',
  'AWS::EC2::VPCDHCPOptionsAssociation',
  'AWS::EC2::VPCEndpoint',
  'AWS::EC2::VPCGatewayAttachment',
  'AWS::EC2::Volume',
  'AWS::EC2::VolumeAttachment',
  'AWS::ECR::Repository',
  'AWS::ElasticLoadBalancingV2::Listener',
  'AWS::ElasticLoadBalancingV2::ListenerCertificate',
  'AWS::ElasticLoadBalancingV2::ListenerRule',
  'AWS::ElasticLoadBalancingV2::LoadBalancer',
  'AWS::ElasticLoadBalancingV2::TargetGroup',
  'AWS::IAM::AccessKey',
  'AWS::IAM::Group',
  'AWS::IAM::InstanceProfile',
  'AWS::IAM::ManagedPolicy',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::IAM::User',
  'AWS::KMS::Alias',
  'AWS::KMS::Key',
  'AWS::Logs::LogGroup',
  'AWS::RDS::DBCluster',
  'AWS::RDS::DBClusterParameterGroup',
  'AWS::RDS::DBInstance',
  'AWS::RDS::DBParameterGroup',
  'AWS::RDS::DBSubnetGroup',
  'AWS::S3::Bucket',
  'AWS::S3::BucketPolicy',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'AWS::SSM::Parameter',
  'AWS::SecretsManager::Secret',
  'AWS::SecretsManager::SecretTargetAttachment',
] as const;

interface PropertyJson {
  /** `string`, `[string]` a list, `{string}` a map, `#Name` a definition, `a|b` either. */
  type: string;
  required?: true;
  /** A change makes a new resource: always (`R`), or the provider decides (`M`). */
  replacement?: 'R' | 'M';
}

interface TypeJson {
  attributes: string[];
  definitions?: Record<string, Record<string, PropertyJson>>;
  /** What the data cannot say: the old one goes before the new one comes. */
  deleteFirst?: true;
  id?: readonly string[];
  properties: Record<string, PropertyJson>;
  ref?: readonly string[];
  tags?: { property: string; variant: string };
}

/** What the package lacks or has wrong. */
const overlay: Record<string, (type: TypeJson) => void> = {
  // The registry's replacementStrategy `delete_then_create` is not part of the package.
  'AWS::EC2::SubnetRouteTableAssociation': deleteFirst,
  'AWS::EC2::SubnetNetworkAclAssociation': deleteFirst,
  'AWS::EC2::VPCGatewayAttachment': deleteFirst,
  'AWS::EC2::EIPAssociation': deleteFirst,
  'AWS::EC2::VolumeAttachment': deleteFirst,
  // Documented as "no interruption"; the package says replacement.
  'AWS::RDS::DBInstance': (type) => delete type.properties['Port']?.replacement,
  // Documented as "some interruptions" and decided by the update policy; the package has nothing.
  'AWS::AutoScaling::AutoScalingGroup': (type) => {
    for (const name of [
      'LaunchTemplate',
      'LaunchConfigurationName',
      'MixedInstancesPolicy',
      'VPCZoneIdentifier',
    ]) {
      const property = type.properties[name];
      if (property) property.replacement = 'M';
    }
  },
};

function deleteFirst(type: TypeJson): void {
  type.deleteFirst = true;
}

const database = loadAwsServiceSpecSync();
const types: Record<string, TypeJson> = {
  // The CDK's own record of what built the template: known to CloudFormation, absent from the package.
  'AWS::CDK::Metadata': { attributes: [], properties: { Analytics: { type: 'string' } } },
};
for (const name of supported) {
  const resource = database.lookup('resource', 'cloudFormationType', 'equals', name).at(0);
  if (!resource) {
    console.error(`the package has no ${name}`);
    process.exitCode = 1;
    continue;
  }
  const type = toType(database, resource);
  overlay[name]?.(type);
  types[name] = type;
}
const lines = Object.keys(types)
  .toSorted()
  .map((name) => `${JSON.stringify(name)}:${JSON.stringify(types[name])}`);
writeFileSync(
  new URL('../src/services/cloudformation/schemas/types.json', import.meta.url),
  `{\n${lines.join(',\n')}\n}\n`,
);

function toType(from: SpecDatabase, resource: Resource): TypeJson {
  const definitions = new Map<string, Record<string, PropertyJson>>();
  const properties = toProperties(resource.properties);
  const tag = resource.tagInformation;
  return {
    attributes: Object.keys(resource.attributes).toSorted(),
    ...(definitions.size > 0 ? { definitions: sorted(Object.fromEntries(definitions)) } : {}),
    ...(resource.primaryIdentifier ? { id: resource.primaryIdentifier } : {}),
    properties,
    ...(resource.cfnRefIdentifier ? { ref: resource.cfnRefIdentifier } : {}),
    ...(tag ? { tags: { property: tag.tagPropertyName, variant: tag.variant } } : {}),
  };

  function toProperties(named: Readonly<Record<string, Property>>): Record<string, PropertyJson> {
    const entries = Object.entries(named).map(([name, property]) => [name, toProperty(property)] as const);
    return sorted(Object.fromEntries(entries));
  }
  function toProperty({ type, required, causesReplacement }: Property): PropertyJson {
    return {
      type: toTypeName(type),
      ...(required ? { required } : {}),
      ...(causesReplacement === 'yes' ? { replacement: 'R' } : {}),
      ...(causesReplacement === 'maybe' ? { replacement: 'M' } : {}),
    };
  }
  function toTypeName(type: PropertyType): string {
    if (type.type === 'array') return `[${toTypeName(type.element)}]`;
    if (type.type === 'map') return `{${toTypeName(type.element)}}`;
    if (type.type === 'union') return type.types.map(toTypeName).join('|');
    if (type.type !== 'ref') return type.type;
    const definition = from.get('typeDefinition', type.reference);
    if (!definitions.has(definition.name)) {
      definitions.set(definition.name, {}); // before its members: definitions may be recursive
      definitions.set(definition.name, toProperties(definition.properties));
    }
    return `#${definition.name}`;
  }
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
