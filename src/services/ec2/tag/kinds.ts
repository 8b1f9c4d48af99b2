import { AwsError } from '#/lib/aws-error.ts';
import {
  allocationNotFound,
  dhcpOptionsNotFound,
  groupNotFound,
  instanceNotFound,
  internetGatewayNotFound,
  natGatewayNotFound,
  networkAclNotFound,
  networkInterfaceNotFound,
  routeTableNotFound,
  securityGroupRuleNotFound,
  subnetNotFound,
  vpcNotFound,
} from '#/services/ec2/errors.ts';

/** EC2's words for kinds whose name does not simply become theirs (`AWS::EC2::RouteTable`, `route-table`). */
const words: ReadonlyMap<string, string> = new Map([
  ['AWS::EC2::DHCPOptions', 'dhcp-options'],
  ['AWS::EC2::EIP', 'elastic-ip'],
  ['AWS::EC2::NatGateway', 'natgateway'],
  ['AWS::EC2::VPC', 'vpc'],
]);

/** EC2's word for a kind: the `ResourceType` of its tags. */
export function resourceTypeWord(kind: string): string {
  const name = kind.slice('AWS::EC2::'.length);
  return words.get(kind) ?? name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
}

const notFoundByPrefix: ReadonlyMap<string, (id: string) => AwsError> = new Map([
  ['acl', networkAclNotFound],
  ['dopt', dhcpOptionsNotFound],
  ['eipalloc', allocationNotFound],
  ['eni', networkInterfaceNotFound],
  ['i', instanceNotFound],
  ['igw', internetGatewayNotFound],
  ['nat', natGatewayNotFound],
  ['rtb', routeTableNotFound],
  ['sg', groupNotFound],
  ['sgr', securityGroupRuleNotFound],
  ['subnet', subnetNotFound],
  ['vpc', vpcNotFound],
]);

/** The error of an id that no resource has, told by its prefix. */
export function taggableNotFound(id: string): AwsError {
  const notFound = notFoundByPrefix.get(id.slice(0, id.lastIndexOf('-')));
  return notFound?.(id) ?? new AwsError('InvalidID', `The ID '${id}' is not valid`);
}
