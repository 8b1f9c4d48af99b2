import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeNetwork, simEc2, type SimEc2 } from '#/services/ec2/testing.ts';

function makeGroup({ ec2 }: SimEc2, vpcId: string, name: string): string {
  return ec2.CreateSecurityGroup({ GroupName: name, Description: name, VpcId: vpcId }).GroupId ?? '';
}

const http = { IpProtocol: 'tcp', FromPort: 80, ToPort: 80, IpRanges: [{ CidrIp: '0.0.0.0/0' }] };

test('a new group lets its members out and nobody in', () => {
  const sim = simEc2();
  const { vpcId } = makeNetwork(sim);

  const GroupId = makeGroup(sim, vpcId, 'web');

  const [group] = sim.ec2.DescribeSecurityGroups({ GroupIds: [GroupId] }).SecurityGroups ?? [];
  assert.deepEqual(group?.IpPermissions, []);
  assert.deepEqual(
    group?.IpPermissionsEgress?.map(({ IpProtocol, IpRanges, FromPort }) => [IpProtocol, IpRanges, FromPort]),
    [['-1', [{ CidrIp: '0.0.0.0/0', Description: undefined }], undefined]],
  );
});

test('rules of the same ports are one permission, and each has an id', () => {
  const sim = simEc2();
  const { vpcId } = makeNetwork(sim);
  const GroupId = makeGroup(sim, vpcId, 'web');

  const answer = sim.ec2.AuthorizeSecurityGroupIngress({
    GroupId,
    IpPermissions: [
      { ...http, IpRanges: [{ CidrIp: '10.1.2.3/8', Description: 'inside' }, { CidrIp: '0.0.0.0/0' }] },
      { IpProtocol: '-1', UserIdGroupPairs: [{ GroupId }] },
    ],
  });

  assert.deepEqual(
    answer.SecurityGroupRules?.map((rule) => rule.CidrIpv4 ?? rule.ReferencedGroupInfo?.GroupId),
    ['10.0.0.0/8', '0.0.0.0/0', GroupId],
  );
  const [group] = sim.ec2.DescribeSecurityGroups({ GroupIds: [GroupId] }).SecurityGroups ?? [];
  assert.deepEqual(
    group?.IpPermissions?.map(({ IpRanges }) => IpRanges?.length),
    [2, 0],
  );
  const rules = sim.ec2.DescribeSecurityGroupRules({
    Filters: [{ Name: 'group-id', Values: [GroupId] }],
  }).SecurityGroupRules;
  assert.equal(rules?.length, 4);
  assert.match(rules?.[0]?.SecurityGroupRuleId ?? '', /^sgr-0[0-9a-f]{16}$/);
});

test('the same rule twice is refused whole', () => {
  const sim = simEc2();
  const { vpcId } = makeNetwork(sim);
  const GroupId = makeGroup(sim, vpcId, 'web');
  sim.ec2.AuthorizeSecurityGroupIngress({ GroupId, IpPermissions: [http] });

  assert.throws(
    () =>
      sim.ec2.AuthorizeSecurityGroupIngress({
        GroupId,
        IpPermissions: [{ ...http, FromPort: 22, ToPort: 22 }, http],
      }),
    {
      code: 'InvalidPermission.Duplicate',
      message: 'the specified rule "peer: 0.0.0.0/0, TCP, from port: 80, to port: 80, ALLOW" already exists',
    },
  );
  const [group] = sim.ec2.DescribeSecurityGroups({ GroupIds: [GroupId] }).SecurityGroups ?? [];
  assert.equal(group?.IpPermissions?.length, 1);
});

test('a rule can be revoked, once', () => {
  const sim = simEc2();
  const { vpcId } = makeNetwork(sim);
  const GroupId = makeGroup(sim, vpcId, 'web');
  sim.ec2.AuthorizeSecurityGroupIngress({ GroupId, IpPermissions: [http] });

  sim.ec2.RevokeSecurityGroupIngress({ GroupId, IpPermissions: [http] });

  assert.throws(() => sim.ec2.RevokeSecurityGroupIngress({ GroupId, IpPermissions: [http] }), {
    code: 'InvalidPermission.NotFound',
    message: 'The specified rule does not exist in this security group.',
  });
});

test('a group that another speaks of cannot be deleted, the default group never', () => {
  const sim = simEc2();
  const { vpcId } = makeNetwork(sim);
  const web = makeGroup(sim, vpcId, 'web');
  const database = makeGroup(sim, vpcId, 'database');
  const fromWeb = { IpProtocol: 'tcp', FromPort: 3306, ToPort: 3306, UserIdGroupPairs: [{ GroupId: web }] };
  sim.ec2.AuthorizeSecurityGroupIngress({ GroupId: database, IpPermissions: [fromWeb] });
  assert.throws(() => sim.ec2.DeleteSecurityGroup({ GroupId: web }), {
    code: 'DependencyViolation',
    message: `resource ${web} has a dependent object`,
  });

  sim.ec2.RevokeSecurityGroupIngress({ GroupId: database, IpPermissions: [fromWeb] });
  sim.ec2.DeleteSecurityGroup({ GroupId: web });

  const [defaultGroup] =
    sim.ec2.DescribeSecurityGroups({ Filters: [{ Name: 'group-name', Values: ['default'] }] })
      .SecurityGroups ?? [];
  assert.throws(() => sim.ec2.DeleteSecurityGroup({ GroupId: defaultGroup?.GroupId ?? '' }), {
    code: 'CannotDelete',
  });
});

test('names are unique in a VPC', () => {
  const sim = simEc2();
  const { vpcId } = makeNetwork(sim);
  makeGroup(sim, vpcId, 'web');

  assert.throws(() => makeGroup(sim, vpcId, 'web'), {
    code: 'InvalidGroup.Duplicate',
    message: `The security group 'web' already exists for VPC '${vpcId}'`,
  });
});

test('a rule can be modified and described anew', () => {
  const sim = simEc2();
  const { vpcId } = makeNetwork(sim);
  const GroupId = makeGroup(sim, vpcId, 'web');
  const [rule] =
    sim.ec2.AuthorizeSecurityGroupIngress({ GroupId, IpPermissions: [http] }).SecurityGroupRules ?? [];
  const SecurityGroupRuleId = rule?.SecurityGroupRuleId ?? '';

  sim.ec2.ModifySecurityGroupRules({
    GroupId,
    SecurityGroupRules: [
      {
        SecurityGroupRuleId,
        SecurityGroupRule: { IpProtocol: 'tcp', FromPort: 8080, ToPort: 8080, CidrIpv4: '10.0.0.0/8' },
      },
    ],
  });
  sim.ec2.UpdateSecurityGroupRuleDescriptionsIngress({
    GroupId,
    SecurityGroupRuleDescriptions: [{ SecurityGroupRuleId, Description: 'from inside' }],
  });

  const [changed] =
    sim.ec2.DescribeSecurityGroupRules({ SecurityGroupRuleIds: [SecurityGroupRuleId] }).SecurityGroupRules ??
    [];
  assert.deepEqual(
    [changed?.FromPort, changed?.CidrIpv4, changed?.Description],
    [8080, '10.0.0.0/8', 'from inside'],
  );
});
