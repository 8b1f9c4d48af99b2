import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeNetwork, simEc2 } from '#/services/ec2/testing.ts';

test('tags are put on any kind of resource, found again, and taken off', () => {
  const { ec2, ...sim } = simEc2();
  const { vpcId, subnetId } = makeNetwork({ ec2, ...sim });
  const [rule] = ec2.DescribeSecurityGroupRules({}).SecurityGroupRules ?? [];
  const ruleId = rule?.SecurityGroupRuleId ?? '';

  ec2.CreateTags({ Resources: [vpcId, subnetId, ruleId], Tags: [{ Key: 'Name', Value: 'lab' }] });
  ec2.DeleteTags({ Resources: [subnetId], Tags: [{ Key: 'Name', Value: 'other' }] });

  const found = ec2.DescribeTags({ Filters: [{ Name: 'key', Values: ['Name'] }] }).Tags ?? [];
  assert.deepEqual(
    new Map(found.map((tag) => [tag.ResourceId ?? '', String(tag.ResourceType)])),
    new Map([
      [subnetId, 'subnet'],
      [vpcId, 'vpc'],
      [ruleId, 'security-group-rule'],
    ]),
  );
  assert.deepEqual(ec2.DescribeVpcs({ Filters: [{ Name: 'tag:Name', Values: ['l?b'] }] }).Vpcs?.[0]?.Tags, [
    { Key: 'Name', Value: 'lab' },
  ]);

  ec2.DeleteTags({ Resources: [vpcId] });
  assert.deepEqual(ec2.DescribeVpcs({ VpcIds: [vpcId] }).Vpcs?.[0]?.Tags, []);
});

test('tags for what does not exist are refused, and the others are not put on', () => {
  const sim = simEc2();
  const { vpcId } = makeNetwork(sim);

  assert.throws(
    () => sim.ec2.CreateTags({ Resources: [vpcId, 'subnet-1'], Tags: [{ Key: 'a', Value: 'b' }] }),
    { code: 'InvalidSubnetID.NotFound', message: "The subnet ID 'subnet-1' does not exist" },
  );
  assert.deepEqual(sim.ec2.DescribeTags({}).Tags, []);
});
