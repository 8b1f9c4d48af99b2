import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideNatGateway } from '#/services/ec2/nat-gateway/decide.ts';
import { attachGateway, makeNetwork, simEc2, type SimEc2 } from '#/services/ec2/testing.ts';

async function simWithNat() {
  const sim = simEc2();
  const { vpcId, subnetId } = makeNetwork(sim);
  const gatewayId = attachGateway(sim, vpcId);
  const { AllocationId = '', PublicIp = '' } = sim.ec2.AllocateAddress({ Domain: 'vpc' });
  const { NatGateway } = sim.ec2.CreateNatGateway({ SubnetId: subnetId, AllocationId });
  const natGatewayId = NatGateway?.NatGatewayId ?? '';
  await sim.start();
  return { sim, vpcId, subnetId, gatewayId, AllocationId, PublicIp, natGatewayId };
}

function stateOf({ ec2 }: SimEc2, natGatewayId: string): string | undefined {
  return ec2.DescribeNatGateways({ NatGatewayIds: [natGatewayId] }).NatGateways?.[0]?.State;
}

test('a NAT gateway is available when its address is mapped, and routes lead through it', async () => {
  const { sim, vpcId, natGatewayId, PublicIp } = await simWithNat();
  const table = sim.ec2.CreateRouteTable({ VpcId: vpcId }).RouteTable?.RouteTableId ?? '';
  sim.ec2.CreateRoute({
    RouteTableId: table,
    DestinationCidrBlock: '0.0.0.0/0',
    NatGatewayId: natGatewayId,
  });
  await sim.settle();

  assert.equal(stateOf(sim, natGatewayId), 'available');
  const network = sim.network.networkOf(vpcId);
  const [link] = network?.links ?? [];
  assert.deepEqual(
    [link?.isNat, link?.sourceDestCheck, link?.securityGroupIds, Object.values(link?.publicAddresses ?? {})],
    [true, false, [], [PublicIp]],
  );
  assert.deepEqual(network?.routeTables.find(({ id }) => id === table)?.routes, [
    { destination: '0.0.0.0/0', target: { type: 'link', linkId: link?.id } },
  ]);

  sim.ec2.DeleteNatGateway({ NatGatewayId: natGatewayId });

  const [route] =
    sim.ec2.DescribeRouteTables({ RouteTableIds: [table] }).RouteTables?.[0]?.Routes?.slice(1) ?? [];
  assert.equal(route?.State, 'blackhole');
});

test('a deleted NAT gateway gives its address back and stays visible for an hour', async () => {
  const { sim, vpcId, subnetId, gatewayId, AllocationId, natGatewayId } = await simWithNat();
  assert.throws(() => sim.ec2.ReleaseAddress({ AllocationId }), { code: 'InvalidIPAddress.InUse' });
  assert.throws(() => sim.ec2.DetachInternetGateway({ InternetGatewayId: gatewayId, VpcId: vpcId }), {
    code: 'DependencyViolation',
  });

  sim.ec2.DeleteNatGateway({ NatGatewayId: natGatewayId });
  assert.equal(stateOf(sim, natGatewayId), 'deleting');
  await sim.settle();

  assert.equal(stateOf(sim, natGatewayId), 'deleted');
  sim.ec2.ReleaseAddress({ AllocationId });
  sim.ec2.DeleteSubnet({ SubnetId: subnetId });
  await sim.advance(3_599_000);
  assert.equal(stateOf(sim, natGatewayId), 'deleted');
  await sim.advance(1_000);
  assert.throws(() => stateOf(sim, natGatewayId), { code: 'NatGatewayNotFound' });
});

test('a NAT gateway in a VPC without an Internet gateway fails', async () => {
  const sim = simEc2();
  const { vpcId, subnetId } = makeNetwork(sim);
  const { AllocationId = '' } = sim.ec2.AllocateAddress({ Domain: 'vpc' });
  await sim.start();

  const { NatGateway } = sim.ec2.CreateNatGateway({ SubnetId: subnetId, AllocationId });
  await sim.settle();

  const [found] =
    sim.ec2.DescribeNatGateways({ NatGatewayIds: [NatGateway?.NatGatewayId ?? ''] }).NatGateways ?? [];
  assert.deepEqual(
    [found?.State, found?.FailureCode, found?.FailureMessage],
    ['failed', 'Gateway.NotAttached', `Network ${vpcId} has no Internet gateway attached`],
  );
});

test('an address is mapped in one network at a time', async () => {
  const sim = simEc2();
  const interfaces = ['10.0.1.7', '10.0.1.8'].map((PrivateIpAddress) => {
    const { vpcId, subnetId } = makeNetwork(sim);
    attachGateway(sim, vpcId);
    const created = sim.ec2.CreateNetworkInterface({ SubnetId: subnetId, PrivateIpAddress });
    return { vpcId, id: created.NetworkInterface?.NetworkInterfaceId ?? '' };
  });
  const { AllocationId = '', PublicIp = '' } = sim.ec2.AllocateAddress({});
  const mapped = () =>
    interfaces.map(({ vpcId }) =>
      Object.values(sim.network.networkOf(vpcId)?.links[0]?.publicAddresses ?? {}),
    );
  const [first, second] = interfaces.map(({ id }) => id);
  sim.ec2.AssociateAddress({ AllocationId, NetworkInterfaceId: first ?? '' });
  await sim.start();
  assert.deepEqual(mapped(), [[PublicIp], []]);
  assert.throws(() => sim.ec2.AssociateAddress({ AllocationId, NetworkInterfaceId: second ?? '' }), {
    code: 'Resource.AlreadyAssociated',
  });

  sim.ec2.AssociateAddress({ AllocationId, NetworkInterfaceId: second ?? '', AllowReassociation: true });
  await sim.settle();

  assert.deepEqual(mapped(), [[], [PublicIp]]);
});

const spec = {
  wish: 'available',
  vpcId: 'vpc-1',
  subnetId: 'subnet-1',
  allocationId: 'eipalloc-1',
  associationId: 'eipassoc-1',
  publicIp: '198.18.0.2',
  networkInterfaceId: 'eni-1',
  privateIp: '10.0.0.4',
  failure: undefined,
  clientToken: undefined,
} as const;
const pending = { state: 'pending', endedAt: undefined } as const;

for (const { name, wish, status, observed, step } of [
  {
    name: 'a link without its address is not enough',
    wish: 'available',
    status: pending,
    observed: { hasInterface: true, isLinked: true, isMapped: false },
    step: { do: 'report', status: pending },
  },
  {
    name: 'one whose link is lost is pending again',
    wish: 'available',
    status: { state: 'available', endedAt: undefined },
    observed: { hasInterface: true, isLinked: false, isMapped: true },
    step: { do: 'report', status: pending },
  },
  {
    name: 'one that goes is deleting while its interface is there',
    wish: 'deleted',
    status: { state: 'available', endedAt: undefined },
    observed: { hasInterface: true, isLinked: true, isMapped: false },
    step: { do: 'report', status: { state: 'deleting', endedAt: undefined } },
  },
  {
    name: 'an ended one waits for the rest of its hour',
    wish: 'deleted',
    status: { state: 'deleted', endedAt: 0 },
    observed: { hasInterface: false, isLinked: false, isMapped: false },
    step: { do: 'wait', ms: 3_599_000 },
  },
] as const) {
  test(`NAT gateways: ${name}`, () => {
    assert.deepEqual(decideNatGateway({ spec: { ...spec, wish }, status }, observed, 1_000), step);
  });
}

test('the address of a NAT gateway can be taken away from it only by deleting the gateway', async () => {
  const { sim, AllocationId, natGatewayId } = await simWithNat();
  const { AssociationId = '' } = sim.ec2.DescribeAddresses({}).Addresses?.[0] ?? {};

  assert.throws(() => sim.ec2.DisassociateAddress({ AssociationId }), { code: 'AuthFailure' });
  sim.ec2.DeleteNatGateway({ NatGatewayId: natGatewayId });
  await sim.settle();

  assert.deepEqual(sim.ec2.ReleaseAddress({ AllocationId }), {});
});
