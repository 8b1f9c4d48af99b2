import assert from 'node:assert/strict';
import { test } from 'node:test';
import { securityGroupType } from '#/services/ec2/security-group/resource.ts';
import { attachGateway, makeNetwork, simEc2 } from '#/services/ec2/testing.ts';

test('a new VPC has a security group, a network ACL and a main route table', () => {
  const { ec2 } = simEc2();

  const vpcId = ec2.CreateVpc({ CidrBlock: '10.0.5.9/16' }).Vpc?.VpcId ?? '';

  const filters = { Filters: [{ Name: 'vpc-id', Values: [vpcId] }] };
  assert.equal(ec2.DescribeVpcs({ VpcIds: [vpcId] }).Vpcs?.[0]?.CidrBlock, '10.0.0.0/16');
  assert.deepEqual(
    ec2.DescribeSecurityGroups(filters).SecurityGroups?.map(({ GroupName }) => GroupName),
    ['default'],
  );
  assert.deepEqual(
    ec2.DescribeNetworkAcls(filters).NetworkAcls?.map((acl) => [acl.IsDefault, acl.Entries?.length]),
    [[true, 4]],
  );
  assert.deepEqual(
    ec2
      .DescribeRouteTables({
        Filters: [...filters.Filters, { Name: 'association.main', Values: ['true'] }],
      })
      .RouteTables?.map(({ Routes }) => Routes?.[0]?.GatewayId),
    ['local'],
  );
});

test('a VPC is pending until its network is there', async () => {
  const sim = simEc2();
  const { vpcId, subnetId } = makeNetwork(sim);
  const states = () => [
    sim.ec2.DescribeVpcs({ VpcIds: [vpcId] }).Vpcs?.[0]?.State,
    sim.ec2.DescribeSubnets({ SubnetIds: [subnetId] }).Subnets?.[0]?.State,
  ];
  assert.deepEqual(states(), ['pending', 'pending']);

  await sim.start();

  assert.deepEqual(states(), ['available', 'available']);
  assert.deepEqual(sim.network.networkOf(vpcId)?.cidrs, ['10.0.0.0/16']);
});

test('a deleted VPC cannot be found, and its network is gone', async () => {
  const sim = simEc2();
  const vpcId = sim.ec2.CreateVpc({ CidrBlock: '10.0.0.0/16' }).Vpc?.VpcId ?? '';
  await sim.start();

  sim.ec2.DeleteVpc({ VpcId: vpcId });

  assert.throws(() => sim.ec2.DescribeVpcs({ VpcIds: [vpcId] }), {
    code: 'InvalidVpcID.NotFound',
    message: `The vpc ID '${vpcId}' does not exist`,
  });
  await sim.settle();
  assert.deepEqual(await sim.network.list(), []);
  assert.deepEqual(sim.names.views.size, 0);
  assert.deepEqual(sim.store.kinds(), ['AWS::EC2::DHCPOptions']);
});

test('a VPC that something is in cannot be deleted', () => {
  const sim = simEc2();
  const { vpcId, subnetId } = makeNetwork(sim);
  const violation = {
    code: 'DependencyViolation',
    message: `The vpc '${vpcId}' has dependencies and cannot be deleted.`,
  };
  assert.throws(() => sim.ec2.DeleteVpc({ VpcId: vpcId }), violation);

  sim.ec2.DeleteSubnet({ SubnetId: subnetId });
  const gatewayId = attachGateway(sim, vpcId);
  assert.throws(() => sim.ec2.DeleteVpc({ VpcId: vpcId }), violation);

  sim.ec2.DetachInternetGateway({ InternetGatewayId: gatewayId, VpcId: vpcId });
  sim.ec2.DeleteVpc({ VpcId: vpcId });
});

test('a network that was damaged is repaired at the next look', async () => {
  const sim = simEc2();
  const { vpcId } = makeNetwork(sim);
  await sim.start();
  const before = sim.network.applyCount();
  await sim.advance(30_000);
  assert.equal(sim.network.applyCount(), before, 'an intact network is left alone');

  sim.network.damage(vpcId);
  await sim.advance(30_000);

  assert.equal((await sim.network.inspect(vpcId))?.isIntact, true);
});

test('nothing is said of a part that has changed since the network was made', async () => {
  const sim = simEc2();
  const { vpcId } = makeNetwork(sim);
  const group = () => sim.store.listBy(securityGroupType, 'vpcId', vpcId)[0];
  const hold = Promise.withResolvers<void>();
  sim.network.holdUp(hold.promise);
  sim.region.runtime.start();
  await new Promise((resolve) => setImmediate(resolve));

  sim.ec2.AuthorizeSecurityGroupIngress({
    GroupId: group()?.id ?? '',
    IpProtocol: 'udp',
    FromPort: 53,
    ToPort: 53,
    CidrIp: '10.0.0.0/8',
  });
  sim.network.holdUp(new Promise(() => {}));
  hold.resolve();
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));

  assert.equal(sim.network.applyCount(), 1);
  assert.equal(sim.ec2.DescribeVpcs({ VpcIds: [vpcId] }).Vpcs?.[0]?.State, 'available');
  assert.equal(group()?.status.isApplied, false);
});

test('a second network is associating until the kernel has it', async () => {
  const sim = simEc2();
  const { vpcId } = makeNetwork(sim);
  await sim.start();

  const answer = sim.ec2.AssociateVpcCidrBlock({ VpcId: vpcId, CidrBlock: '10.1.0.0/16' });
  assert.equal(answer.CidrBlockAssociation?.CidrBlockState?.State, 'associating');

  await sim.settle();
  const [vpc] = sim.ec2.DescribeVpcs({ VpcIds: [vpcId] }).Vpcs ?? [];
  assert.equal(vpc?.CidrBlockAssociationSet?.[1]?.CidrBlockState?.State, 'associated');
  assert.throws(() => sim.ec2.AssociateVpcCidrBlock({ VpcId: vpcId, CidrBlock: '10.1.0.0/20' }), {
    code: 'InvalidVpc.Range',
  });
});

test('the default VPC has a public subnet in each zone', async () => {
  const sim = simEc2();
  await sim.start();

  const vpc = sim.ec2.CreateDefaultVpc({}).Vpc;

  const subnets = sim.ec2.DescribeSubnets({}).Subnets ?? [];
  assert.deepEqual(
    subnets.map((subnet) => [subnet.AvailabilityZone, subnet.AvailabilityZoneId, subnet.CidrBlock]),
    [
      ['eu-west-3a', 'euw3-az1', '172.31.0.0/20'],
      ['eu-west-3b', 'euw3-az2', '172.31.16.0/20'],
      ['eu-west-3c', 'euw3-az3', '172.31.32.0/20'],
    ],
  );
  assert.equal(subnets[0]?.AvailableIpAddressCount, 4091);
  assert.throws(() => sim.ec2.CreateDefaultVpc({}), { code: 'DefaultVpcAlreadyExists' });
  await sim.settle();
  const network = sim.network.networkOf(vpc?.VpcId ?? '');
  assert.equal(network?.hasInternetGateway, true);
  assert.deepEqual(network?.routeTables[0]?.routes, [
    { destination: '0.0.0.0/0', target: { type: 'internet-gateway' } },
  ]);
});

for (const [cidrBlock, code] of [
  ['10.0.0.0/8', 'InvalidVpc.Range'],
  ['10.0.0.0/29', 'InvalidVpc.Range'],
  ['10.0.0/16', 'InvalidParameterValue'],
] as const) {
  test(`a VPC of ${cidrBlock} is refused`, () => {
    assert.throws(() => simEc2().ec2.CreateVpc({ CidrBlock: cidrBlock }), { code });
  });
}

for (const [cidrBlock, code] of [
  ['10.0.1.128/25', 'InvalidSubnet.Conflict'],
  ['10.1.0.0/24', 'InvalidSubnet.Range'],
  ['10.0.2.0/29', 'InvalidSubnet.Range'],
  ['ten', 'InvalidParameterValue'],
] as const) {
  test(`a subnet of ${cidrBlock} is refused`, () => {
    const sim = simEc2();
    const { vpcId } = makeNetwork(sim);

    assert.throws(() => sim.ec2.CreateSubnet({ VpcId: vpcId, CidrBlock: cidrBlock }), { code });
  });
}

test('a subnet in a zone that the region has not is refused', () => {
  const sim = simEc2();
  const { vpcId } = makeNetwork(sim);

  assert.throws(
    () => sim.ec2.CreateSubnet({ VpcId: vpcId, CidrBlock: '10.0.2.0/24', AvailabilityZone: 'eu-west-1a' }),
    {
      code: 'InvalidParameterValue',
      message:
        'Value (eu-west-1a) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: eu-west-3a, eu-west-3b, eu-west-3c.',
    },
  );
});
