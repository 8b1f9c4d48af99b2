import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Drivers } from '#/drivers/drivers.ts';
import { memoryMachine } from '#/drivers/machine/memory.ts';
import { memoryNames } from '#/drivers/names/memory.ts';
import { linuxNetwork } from '#/drivers/network/linux/network.ts';
import { startGuest, type Guest } from '#/drivers/network/linux/testing/guest.ts';
import { makeWorld, type World } from '#/drivers/network/linux/testing/world.ts';
import { systemClock } from '#/lib/clock.ts';
import { systemRandom } from '#/lib/random.ts';
import { createRegion, servicePrincipal, type Region } from '#/region.ts';
import { createManagedInterface, deleteManagedInterface } from '#/services/ec2/network-interface/managed.ts';
import { networkInterfaceType, type NetworkInterface } from '#/services/ec2/network-interface/resource.ts';
import { ec2Service } from '#/services/ec2/service.ts';
import { Store } from '#/store/store.ts';

describe('a VPC made by operations, in the kernel', { timeout: 120_000 }, () => {
  const store = new Store(':memory:', systemClock);
  const guests: Guest[] = [];
  const failures: unknown[] = [];
  let world: World;
  let untouched: string;
  let network: ReturnType<typeof linuxNetwork>;
  let region: Region;

  const ec2 = () => region.callAs(servicePrincipal(region.account)).ec2;
  const maker = () => ({
    store,
    random: systemRandom,
    clock: systemClock,
    publicPool: world.site.publicPool,
  });

  before(async () => {
    world = await makeWorld('t-vpc');
    untouched = await world.hostState();
    network = linuxNetwork({ site: world.site, hostNamespace: world.host });
    await network.prepare();
    region = createRegion({
      store,
      clock: systemClock,
      random: systemRandom,
      region: 'eu-west-3',
      account: '123456789012',
      publicPool: world.site.publicPool,
      drivers: {
        network,
        names: memoryNames(),
        machine: memoryMachine({ clock: systemClock, random: systemRandom }),
      } as unknown as Drivers, // EC2 uses these only
      services: (dependencies) => [ec2Service(dependencies)],
      onFailure: ({ error }) => failures.push(error),
    });
    region.runtime.start();
  });

  after(async () => {
    await Promise.all(guests.map((each) => each.end()));
    await region.runtime.stop();
    await network.destroyAll();
    await world.remove();
    store.close();
  });

  /** Waits for the store to say so. */
  function until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      if (holds()) return resolve();
      const stop = store.watch(() => {
        if (!holds()) return;
        stop();
        resolve();
      });
    });
  }

  async function place(
    subnetId: string,
    groupId: string,
    hasPublicAddress: boolean,
  ): Promise<NetworkInterface> {
    const made = createManagedInterface(maker(), {
      subnetId,
      securityGroupIds: [groupId],
      description: 'a test',
      requester: 'amazon-aws',
      hasPublicAddress,
    });
    await until(() => store.get(networkInterfaceType, made.id)?.status.isLinked === true);
    return made;
  }

  async function guestAt(name: string, { id }: NetworkInterface, ...ports: number[]): Promise<Guest> {
    const guest = startGuest(name, network.namespaceOf(id));
    guests.push(guest);
    for (const port of ports) await guest.listen(port);
    return guest;
  }

  test('its parts do what they say, and nothing is left of it', async () => {
    const VpcId = ec2().CreateVpc({ CidrBlock: '10.0.0.0/16' }).Vpc?.VpcId ?? '';
    const [publicId = '', privateId = ''] = ['10.0.0.0/24', '10.0.1.0/24'].map(
      (CidrBlock) => ec2().CreateSubnet({ VpcId, CidrBlock }).Subnet?.SubnetId,
    );
    const InternetGatewayId = ec2().CreateInternetGateway({}).InternetGateway?.InternetGatewayId ?? '';
    ec2().AttachInternetGateway({ InternetGatewayId, VpcId });
    const [publicTable = '', privateTable = ''] = [publicId, privateId].map((SubnetId) => {
      const RouteTableId = ec2().CreateRouteTable({ VpcId }).RouteTable?.RouteTableId ?? '';
      ec2().AssociateRouteTable({ RouteTableId, SubnetId });
      return RouteTableId;
    });
    const anywhere = { DestinationCidrBlock: '0.0.0.0/0' };
    ec2().CreateRoute({ RouteTableId: publicTable, ...anywhere, GatewayId: InternetGatewayId });
    const { AllocationId = '', PublicIp = '' } = ec2().AllocateAddress({ Domain: 'vpc' });
    const NatGatewayId =
      ec2().CreateNatGateway({ SubnetId: publicId, AllocationId }).NatGateway?.NatGatewayId ?? '';
    ec2().CreateRoute({ RouteTableId: privateTable, ...anywhere, NatGatewayId });
    const [webGroup = '', appGroup = ''] = ['web', 'app'].map(
      (GroupName) => ec2().CreateSecurityGroup({ VpcId, GroupName, Description: GroupName }).GroupId,
    );
    const tcp = { IpProtocol: 'tcp', FromPort: 80, ToPort: 80 };
    ec2().AuthorizeSecurityGroupIngress({ GroupId: webGroup, ...tcp, CidrIp: '0.0.0.0/0' });
    ec2().AuthorizeSecurityGroupIngress({
      GroupId: appGroup,
      IpPermissions: [{ ...tcp, UserIdGroupPairs: [{ GroupId: webGroup }] }],
    });

    const web = await place(publicId, webGroup, true);
    const app = await place(privateId, appGroup, false);
    const natState = () =>
      ec2().DescribeNatGateways({ NatGatewayIds: [NatGatewayId] }).NatGateways?.[0]?.State;
    await until(() => natState() === 'available');
    const webGuest = await guestAt('web', web, 80, 81);
    const appGuest = await guestAt('app', app, 80);
    const outside = startGuest('outside', world.outside);
    const host = startGuest('host', world.host);
    guests.push(outside, host);
    await outside.listen(8000);
    const appAddress = app.spec.privateIpAddresses[0] ?? '';
    const webAddress = web.spec.privateIpAddresses[0] ?? '';
    const webPublic = web.spec.publicIpAddress ?? '';

    // From the host to the public address, by the group's port only.
    assert.match((await host.connect(webPublic, 80)) ?? '', /^web sees /);
    assert.equal(await host.isStopped(webPublic, 81), true);
    // A group that names another lets in its members.
    assert.equal(await webGuest.connect(appAddress, 80), `app sees ${webAddress}`);
    // The private subnet goes out through the NAT gateway, and is seen inside by the gateway's address.
    assert.equal(await appGuest.connect(world.outsideAddress, 8000), `outside sees ${world.hostAddress}`);
    assert.equal(await appGuest.connect(webPublic, 80), `web sees ${PublicIp}`);

    // A subnet whose network ACL has no entries is cut off.
    const NetworkAclId = ec2().CreateNetworkAcl({ VpcId }).NetworkAcl?.NetworkAclId ?? '';
    const [acl] =
      ec2().DescribeNetworkAcls({ Filters: [{ Name: 'association.subnet-id', Values: [privateId] }] })
        .NetworkAcls ?? [];
    const association = acl?.Associations?.find(({ SubnetId }) => SubnetId === privateId);
    ec2().ReplaceNetworkAclAssociation({
      AssociationId: association?.NetworkAclAssociationId ?? '',
      NetworkAclId,
    });
    await eventually(() => webGuest.isStopped(appAddress, 80));

    // Everything goes in the order that EC2 asks for.
    await Promise.all(guests.splice(0).map((each) => each.end()));
    ec2().DeleteNatGateway({ NatGatewayId });
    deleteManagedInterface(maker(), web.id);
    deleteManagedInterface(maker(), app.id);
    await until(() => natState() === 'deleted');
    ec2().ReleaseAddress({ AllocationId });
    ec2().DetachInternetGateway({ InternetGatewayId, VpcId });
    for (const SubnetId of [publicId, privateId]) ec2().DeleteSubnet({ SubnetId });
    for (const RouteTableId of [publicTable, privateTable]) ec2().DeleteRouteTable({ RouteTableId });
    for (const GroupId of [appGroup, webGroup]) ec2().DeleteSecurityGroup({ GroupId });
    ec2().DeleteNetworkAcl({ NetworkAclId });
    ec2().DeleteVpc({ VpcId });
    await until(() => store.listAny(networkInterfaceType).length === 0 && store.kinds().length === 3);

    assert.deepEqual(store.kinds().toSorted(byName), [
      'AWS::EC2::DHCPOptions',
      'AWS::EC2::InternetGateway',
      'AWS::EC2::NatGateway',
    ]);
    assert.deepEqual(await network.list(), []);
    assert.deepEqual(failures, []);
    await network.destroyAll();
    assert.equal(await world.hostState(), untouched);
  });
});

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds()));
}

function byName(a: string, b: string): number {
  return a.localeCompare(b);
}
