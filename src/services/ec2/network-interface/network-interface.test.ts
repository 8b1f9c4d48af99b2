import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluateFlow } from '#/drivers/network/evaluate.ts';
import { seededRandom } from '#/lib/random.ts';
import { createManagedInterface, deleteManagedInterface } from '#/services/ec2/network-interface/managed.ts';
import { networkInterfaceType } from '#/services/ec2/network-interface/resource.ts';
import { makeNetwork, simEc2, type SimEc2 } from '#/services/ec2/testing.ts';

function makerOf({ store }: SimEc2, publicPool = '198.18.7.0/29') {
  return {
    store,
    random: seededRandom(3),
    publicPool,
    clock: { now: () => 0, after: () => () => {} },
  };
}

function managed(subnetId: string) {
  return {
    subnetId,
    securityGroupIds: [],
    description: 'ELB app/lab/1',
    requester: 'amazon-elb',
    hasPublicAddress: true,
  };
}

test('a managed interface is in use, linked once the network is there, and gone when it was given back', async () => {
  const sim = simEc2();
  const { vpcId, subnetId } = makeNetwork(sim);
  const { id } = createManagedInterface(makerOf(sim), managed(subnetId));
  await sim.start();

  const [output] = sim.ec2.DescribeNetworkInterfaces({ NetworkInterfaceIds: [id] }).NetworkInterfaces ?? [];
  const publicIp = output?.Association?.PublicIp ?? '';
  assert.equal(output?.Status, 'in-use');
  assert.equal(output?.RequesterManaged, true);
  assert.equal(sim.store.get(networkInterfaceType, id)?.status.isLinked, true);
  const [link] = sim.network.networkOf(vpcId)?.links ?? [];
  assert.deepEqual(link?.publicAddresses, { [output?.PrivateIpAddress ?? '']: publicIp });
  assert.deepEqual(sim.names.views.get(vpcId)?.records, [
    {
      name: output?.PrivateDnsName,
      ttlSeconds: 60,
      data: { type: 'A', addresses: [output?.PrivateIpAddress] },
    },
  ]);

  deleteManagedInterface(makerOf(sim), id);
  await sim.settle();
  assert.equal(sim.store.getAny(networkInterfaceType, id), undefined);
  assert.deepEqual(sim.network.networkOf(vpcId)?.links, []);
});

test('no public address is given twice, nor the first, nor the last', () => {
  const sim = simEc2();
  const { subnetId } = makeNetwork(sim);
  const maker = makerOf(sim);

  const taken = Array.from(
    { length: 6 },
    () => createManagedInterface(maker, managed(subnetId)).spec.publicIpAddress,
  );

  assert.deepEqual(new Set(taken), new Set([1, 2, 3, 4, 5, 6].map((host) => `198.18.7.${host}`)));
  assert.throws(() => createManagedInterface(maker, managed(subnetId)), {
    code: 'InsufficientAddressCapacity',
  });
});

test('a subnet gives each of its addresses once and keeps five', () => {
  const sim = simEc2();
  const { vpcId } = makeNetwork(sim);
  const small = sim.ec2.CreateSubnet({ VpcId: vpcId, CidrBlock: '10.0.9.0/28' }).Subnet;
  const SubnetId = small?.SubnetId ?? '';
  assert.equal(small?.AvailableIpAddressCount, 11);

  const addresses = Array.from(
    { length: 11 },
    () => sim.ec2.CreateNetworkInterface({ SubnetId }).NetworkInterface?.PrivateIpAddress ?? '',
  );

  assert.deepEqual(
    new Set(addresses),
    new Set([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14].map((host) => `10.0.9.${host}`)),
  );
  assert.throws(() => sim.ec2.CreateNetworkInterface({ SubnetId }), {
    code: 'InsufficientFreeAddressesInSubnet',
    message: `There are not enough free addresses in subnet '${SubnetId}' to satisfy the requested number of addresses.`,
  });
  assert.throws(() => sim.ec2.DeleteSubnet({ SubnetId }), { code: 'DependencyViolation' });
});

for (const [address, code, message] of [
  ['10.0.1.3', 'InvalidParameterValue', "Address is in subnet's reserved address range"],
  ['10.0.1.255', 'InvalidParameterValue', "Address is in subnet's reserved address range"],
  ['10.0.2.9', 'InvalidParameterValue', "Address does not fall within the subnet's address range"],
  ['10.0.1.77', 'InvalidIPAddress.InUse', 'The specified address is already in use.'],
] as const) {
  test(`the address ${address} cannot be chosen`, () => {
    const sim = simEc2();
    const { subnetId } = makeNetwork(sim);
    sim.ec2.CreateNetworkInterface({ SubnetId: subnetId, PrivateIpAddress: '10.0.1.77' });

    assert.throws(() => sim.ec2.CreateNetworkInterface({ SubnetId: subnetId, PrivateIpAddress: address }), {
      code,
      message,
    });
  });
}

test('an interface that a service holds cannot be deleted', () => {
  const sim = simEc2();
  const { subnetId } = makeNetwork(sim);
  const { id } = createManagedInterface(makerOf(sim), managed(subnetId));

  assert.throws(() => sim.ec2.DeleteNetworkInterface({ NetworkInterfaceId: id }), {
    code: 'InvalidParameterValue',
    message: `Network interface '${id}' is currently in use.`,
  });
});

test('secondary addresses come and go', () => {
  const sim = simEc2();
  const { subnetId } = makeNetwork(sim);
  const created = sim.ec2.CreateNetworkInterface({
    SubnetId: subnetId,
    SecondaryPrivateIpAddressCount: 1,
  }).NetworkInterface;
  const NetworkInterfaceId = created?.NetworkInterfaceId ?? '';

  sim.ec2.AssignPrivateIpAddresses({ NetworkInterfaceId, PrivateIpAddresses: ['10.0.1.200'] });
  sim.ec2.UnassignPrivateIpAddresses({
    NetworkInterfaceId,
    PrivateIpAddresses: [created?.PrivateIpAddresses?.[1]?.PrivateIpAddress ?? ''],
  });

  const [found] =
    sim.ec2.DescribeNetworkInterfaces({
      Filters: [{ Name: 'addresses.private-ip-address', Values: ['10.0.1.200'] }],
    }).NetworkInterfaces ?? [];
  assert.deepEqual(
    found?.PrivateIpAddresses?.map(({ PrivateIpAddress, Primary }) => [PrivateIpAddress, Primary]),
    [
      [created?.PrivateIpAddress, true],
      ['10.0.1.200', false],
    ],
  );
});

test('database servers reach each other whatever their groups say, and nobody else does', async () => {
  const sim = simEc2();
  const { vpcId, subnetId } = makeNetwork(sim);
  const { GroupId = '' } = sim.ec2.CreateSecurityGroup({
    VpcId: vpcId,
    GroupName: 'closed',
    Description: 'lets nobody in',
  });
  const wish = { ...managed(subnetId), securityGroupIds: [GroupId], hasPublicAddress: false };
  const maker = makerOf(sim);
  const [writer, reader] = [1, 2].map(() =>
    createManagedInterface(maker, { ...wish, requester: 'amazon-rds' }),
  );
  const other = createManagedInterface(maker, wish);
  await sim.start();

  const network = sim.network.networkOf(vpcId);
  const target = writer?.spec.privateIpAddresses[0] ?? '';
  const decide = (from: typeof writer) =>
    network &&
    evaluateFlow(network, {
      from: { linkId: from?.id ?? '' },
      source: from?.spec.privateIpAddresses[0] ?? '',
      destination: target,
      payload: { name: 'tcp', sourcePort: 40_000, destinationPort: 3306 },
    });
  assert.equal(decide(reader)?.isAllowed, true);
  assert.equal(decide(other)?.isAllowed, false);
});
