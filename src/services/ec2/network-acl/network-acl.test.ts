import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeNetwork, simEc2 } from '#/services/ec2/testing.ts';

test('a subnet moves from list to list, and its entries are enforced', async () => {
  const sim = simEc2();
  const { vpcId, subnetId } = makeNetwork(sim);
  const NetworkAclId = sim.ec2.CreateNetworkAcl({ VpcId: vpcId }).NetworkAcl?.NetworkAclId ?? '';
  const entry = {
    NetworkAclId,
    RuleNumber: 100,
    Egress: false,
    Protocol: 'tcp',
    RuleAction: 'allow',
    CidrBlock: '10.0.0.0/16',
    PortRange: { From: 80, To: 81 },
  } as const;
  sim.ec2.CreateNetworkAclEntry(entry);
  assert.throws(() => sim.ec2.CreateNetworkAclEntry(entry), {
    code: 'NetworkAclEntryAlreadyExists',
    message: 'The network acl entry identified by 100 already exists.',
  });
  const [current] =
    sim.ec2.DescribeNetworkAcls({ Filters: [{ Name: 'association.subnet-id', Values: [subnetId] }] })
      .NetworkAcls?.[0]?.Associations ?? [];

  const { NewAssociationId } = sim.ec2.ReplaceNetworkAclAssociation({
    AssociationId: current?.NetworkAclAssociationId ?? '',
    NetworkAclId,
  });
  await sim.start();

  const [acl] = sim.ec2.DescribeNetworkAcls({ NetworkAclIds: [NetworkAclId] }).NetworkAcls ?? [];
  assert.equal(acl?.Associations?.[0]?.NetworkAclAssociationId, NewAssociationId);
  assert.deepEqual(
    acl?.Entries?.map(({ RuleNumber, Egress, Protocol }) => [RuleNumber, Egress, Protocol]),
    [
      [32_767, true, '-1'],
      [100, false, '6'],
      [32_767, false, '-1'],
    ],
  );
  const network = sim.network.networkOf(vpcId);
  assert.equal(network?.subnets[0]?.accessListId, NetworkAclId);
  assert.deepEqual(network?.accessLists.find(({ id }) => id === NetworkAclId)?.entries, [
    {
      number: 100,
      direction: 'in',
      allow: true,
      protocol: { name: 'tcp', fromPort: 80, toPort: 81 },
      cidr: '10.0.0.0/16',
    },
  ]);
  assert.throws(() => sim.ec2.DeleteNetworkAcl({ NetworkAclId }), { code: 'DependencyViolation' });
});
