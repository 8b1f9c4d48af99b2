import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attachGateway, makeNetwork, simEc2 } from '#/services/ec2/testing.ts';

test('a route to an Internet gateway is a blackhole once the gateway is detached', async () => {
  const sim = simEc2();
  const { vpcId, subnetId } = makeNetwork(sim);
  const gatewayId = attachGateway(sim, vpcId);
  const RouteTableId = sim.ec2.CreateRouteTable({ VpcId: vpcId }).RouteTable?.RouteTableId ?? '';
  sim.ec2.AssociateRouteTable({ RouteTableId, SubnetId: subnetId });
  sim.ec2.CreateRoute({ RouteTableId, DestinationCidrBlock: '0.0.0.0/0', GatewayId: gatewayId });
  await sim.start();
  const network = sim.network.networkOf(vpcId);
  assert.equal(network?.subnets[0]?.routeTableId, RouteTableId);
  assert.deepEqual(network?.routeTables.at(-1)?.routes[0]?.target, { type: 'internet-gateway' });

  sim.ec2.DetachInternetGateway({ InternetGatewayId: gatewayId, VpcId: vpcId });
  await sim.settle();

  const [table] = sim.ec2.DescribeRouteTables({ RouteTableIds: [RouteTableId] }).RouteTables ?? [];
  assert.deepEqual(
    table?.Routes?.map(({ State }) => State),
    ['active', 'blackhole'],
  );
  assert.deepEqual(sim.network.networkOf(vpcId)?.routeTables.at(-1)?.routes[0]?.target, {
    type: 'blackhole',
  });
});

test('routes are made, replaced and deleted by destination', () => {
  const sim = simEc2();
  const { vpcId, subnetId } = makeNetwork(sim);
  const GatewayId = attachGateway(sim, vpcId);
  const RouteTableId = sim.ec2.CreateRouteTable({ VpcId: vpcId }).RouteTable?.RouteTableId ?? '';
  const NetworkInterfaceId =
    sim.ec2.CreateNetworkInterface({ SubnetId: subnetId }).NetworkInterface?.NetworkInterfaceId ?? '';
  const route = { RouteTableId, DestinationCidrBlock: '0.0.0.0/0' };
  assert.throws(() => sim.ec2.ReplaceRoute({ ...route, GatewayId }), {
    code: 'InvalidParameterValue',
    message: "There is no route defined for '0.0.0.0/0' in the route table. Use CreateRoute instead.",
  });

  sim.ec2.CreateRoute({ ...route, GatewayId });
  assert.throws(() => sim.ec2.CreateRoute({ ...route, NetworkInterfaceId }), {
    code: 'RouteAlreadyExists',
    message: 'The route identified by 0.0.0.0/0 already exists.',
  });
  sim.ec2.ReplaceRoute({ ...route, NetworkInterfaceId });
  sim.ec2.DeleteRoute(route);

  assert.throws(() => sim.ec2.DeleteRoute(route), {
    code: 'InvalidRoute.NotFound',
    message: `no route with destination-cidr-block 0.0.0.0/0 in route table ${RouteTableId}`,
  });
});

test('another table can become the main one', async () => {
  const sim = simEc2();
  const { vpcId } = makeNetwork(sim);
  const RouteTableId = sim.ec2.CreateRouteTable({ VpcId: vpcId }).RouteTable?.RouteTableId ?? '';
  const main = () =>
    sim.ec2.DescribeRouteTables({ Filters: [{ Name: 'association.main', Values: ['true'] }] })
      .RouteTables?.[0];

  const association = main()?.Associations?.[0]?.RouteTableAssociationId ?? '';
  sim.ec2.ReplaceRouteTableAssociation({ AssociationId: association, RouteTableId });

  assert.equal(main()?.RouteTableId, RouteTableId);
  await sim.start();
  assert.equal(sim.network.networkOf(vpcId)?.subnets[0]?.routeTableId, RouteTableId);
});

test('a subnet is in one table at a time', () => {
  const sim = simEc2();
  const { vpcId, subnetId } = makeNetwork(sim);
  const [first = '', second = ''] = [0, 1].map(
    () => sim.ec2.CreateRouteTable({ VpcId: vpcId }).RouteTable?.RouteTableId ?? '',
  );
  const { AssociationId } = sim.ec2.AssociateRouteTable({ RouteTableId: first, SubnetId: subnetId });

  assert.equal(
    sim.ec2.AssociateRouteTable({ RouteTableId: first, SubnetId: subnetId }).AssociationId,
    AssociationId,
  );
  assert.throws(() => sim.ec2.AssociateRouteTable({ RouteTableId: second, SubnetId: subnetId }), {
    code: 'Resource.AlreadyAssociated',
  });
  assert.throws(() => sim.ec2.DeleteRouteTable({ RouteTableId: first }), {
    code: 'DependencyViolation',
    message: `The routeTable '${first}' has dependencies and cannot be deleted.`,
  });
});
