import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#/lib/random.ts';
import { servicePrincipal } from '#/region.ts';
import type { Properties, ProviderContext } from '#/services/contract.ts';
import { networkProviders } from '#/services/ec2/network-providers.ts';
import { simEc2, type SimEc2 } from '#/services/ec2/testing.ts';

function provider(type: string) {
  const found = networkProviders.find((candidate) => candidate.type === type);
  assert(found, `${type} has a provider`);
  return found;
}

function stackOf({ region, store }: SimEc2) {
  const context: ProviderContext = {
    call: region.callAs(servicePrincipal(region.account)),
    random: seededRandom(1),
    clock: { now: () => 0, after: () => () => {} },
    region: region.name,
    account: region.account,
    stackName: 'lab',
    stackId: 'arn:aws:cloudformation:eu-west-3:123456789012:stack/lab/1',
    logicalId: 'It',
    tags: { 'aws:cloudformation:stack-name': 'lab' },
    physicalName: (lengthMax) => 'lab-It-ABCDEFGHIJKL'.slice(0, lengthMax),
  };
  return {
    create: (type: string, properties: Properties) =>
      store.transaction(() => provider(type).create(properties, context)),
    update: (type: string, id: string, properties: Properties, previous: Properties) =>
      store.transaction(() => provider(type).update?.(id, properties, previous, context)),
    remove: (type: string, id: string) => store.transaction(() => provider(type).delete(id, context)),
    isStable: (type: string, id: string) => provider(type).stability(id, context).state === 'stable',
    isGone: (type: string, id: string) => provider(type).gone?.(id, context) ?? true,
    attributes: (type: string, id: string) => provider(type).attributes(id, context),
  };
}

test("a stack's network is made in the order of its references and taken away in the other", async () => {
  const sim = simEc2();
  const stack = stackOf(sim);
  await sim.start();
  const made: [string, string][] = [];
  const create = (name: string, properties: Properties) => {
    const id = stack.create(`AWS::EC2::${name}`, properties);
    made.push([`AWS::EC2::${name}`, id]);
    return id;
  };

  const VpcId = create('VPC', { CidrBlock: '10.0.0.0/16', EnableDnsHostnames: true });
  const SubnetId = create('Subnet', {
    VpcId,
    CidrBlock: '10.0.0.0/24',
    AvailabilityZone: 'eu-west-3b',
    MapPublicIpOnLaunch: 'true',
    Tags: [{ Key: 'Name', Value: 'lab/Public' }],
  });
  const InternetGatewayId = create('InternetGateway', {});
  const attachment = create('VPCGatewayAttachment', { VpcId, InternetGatewayId });
  const RouteTableId = create('RouteTable', { VpcId });
  create('SubnetRouteTableAssociation', { RouteTableId, SubnetId });
  const address = create('EIP', { Domain: 'vpc' });
  const AllocationId = stack.attributes('AWS::EC2::EIP', address)['AllocationId'];
  const NatGatewayId = create('NatGateway', { SubnetId, AllocationId });
  const route = create('Route', { RouteTableId, DestinationCidrBlock: '0.0.0.0/0', NatGatewayId });
  const NetworkAclId = create('NetworkAcl', { VpcId });
  const entry = create('NetworkAclEntry', {
    NetworkAclId,
    RuleNumber: 100,
    Protocol: 6,
    RuleAction: 'allow',
    CidrBlock: '0.0.0.0/0',
    PortRange: { From: 80, To: 80 },
  });
  create('SubnetNetworkAclAssociation', { SubnetId, NetworkAclId });
  const GroupId = create('SecurityGroup', {
    VpcId,
    GroupDescription: 'web',
    SecurityGroupEgress: [{ CidrIp: '0.0.0.0/0', IpProtocol: '-1', Description: 'all' }],
    SecurityGroupIngress: [{ CidrIp: '0.0.0.0/0', IpProtocol: 'tcp', FromPort: 80, ToPort: 80 }],
  });
  const rule = create('SecurityGroupIngress', {
    GroupId,
    IpProtocol: 'tcp',
    FromPort: 8080,
    ToPort: 8080,
    SourceSecurityGroupId: GroupId,
  });
  create('NetworkInterface', { SubnetId, GroupSet: [GroupId], SourceDestCheck: false });
  const DhcpOptionsId = create('DHCPOptions', { DomainName: 'lab.internal' });
  create('VPCDHCPOptionsAssociation', { VpcId, DhcpOptionsId });
  assert.equal(stack.isStable('AWS::EC2::VPC', VpcId), false);
  await sim.settle();

  for (const [type, id] of made) assert.equal(stack.isStable(type, id), true, type);
  assert.deepEqual(
    [attachment, route, entry],
    [`IGW|${VpcId}`, `${RouteTableId}|0.0.0.0/0`, `${NetworkAclId}|100|ingress`],
  );
  assert.match(rule, /^sgr-/);
  assert.match(address, /^198\.18\.7\.\d+$/);
  assert.deepEqual(sim.ec2.DescribeSubnets({ SubnetIds: [SubnetId] }).Subnets?.[0]?.Tags, [
    { Key: 'aws:cloudformation:stack-name', Value: 'lab' },
    { Key: 'Name', Value: 'lab/Public' },
  ]);
  const [group] = sim.ec2.DescribeSecurityGroups({ GroupIds: [GroupId] }).SecurityGroups ?? [];
  assert.equal(group?.GroupName, 'lab-It-ABCDEFGHIJKL');
  assert.deepEqual(group?.IpPermissionsEgress?.[0]?.IpRanges, [{ CidrIp: '0.0.0.0/0', Description: 'all' }]);

  for (const [type, id] of made.toReversed()) {
    stack.remove(type, id);
    await sim.settle();
    assert.equal(stack.isGone(type, id), true, type);
    stack.remove(type, id);
  }
  assert.deepEqual(await sim.network.list(), []);
});

test('a group of a stack is updated by its difference', () => {
  const sim = simEc2();
  const stack = stackOf(sim);
  const VpcId = stack.create('AWS::EC2::VPC', { CidrBlock: '10.0.0.0/16' });
  const before = {
    VpcId,
    GroupDescription: 'web',
    SecurityGroupIngress: [{ CidrIp: '10.0.0.0/8', IpProtocol: 'tcp', FromPort: 80, ToPort: 80 }],
    Tags: [{ Key: 'old', Value: '1' }],
  };
  const after = {
    ...before,
    SecurityGroupIngress: [{ CidrIp: '10.0.0.0/8', IpProtocol: 'tcp', FromPort: '443', ToPort: '443' }],
    SecurityGroupEgress: [{ CidrIp: '10.0.0.0/8', IpProtocol: 'udp', FromPort: 53, ToPort: 53 }],
    Tags: [{ Key: 'new', Value: '2' }],
  };
  const id = stack.create('AWS::EC2::SecurityGroup', before);

  stack.update('AWS::EC2::SecurityGroup', id, after, before);

  const [group] = sim.ec2.DescribeSecurityGroups({ GroupIds: [id] }).SecurityGroups ?? [];
  assert.deepEqual(
    [...(group?.IpPermissions ?? []), ...(group?.IpPermissionsEgress ?? [])].map(({ FromPort }) => FromPort),
    [443, 53],
  );
  assert.deepEqual(
    group?.Tags?.map(({ Key }) => Key),
    ['aws:cloudformation:stack-name', 'new'],
  );
});
