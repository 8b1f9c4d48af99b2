import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simEc2 } from '#/services/ec2/testing.ts';

test('a dry run says that it would have succeeded, and leaves nothing', () => {
  const sim = simEc2();

  assert.throws(() => sim.ec2.CreateVpc({ CidrBlock: '10.0.0.0/16', DryRun: true }), {
    code: 'DryRunOperation',
    status: 412,
  });

  assert.deepEqual(sim.ec2.DescribeVpcs({}).Vpcs, []);
});

test('a dry run of what would fail fails as it would have', () => {
  const sim = simEc2();

  assert.throws(() => sim.ec2.DeleteVpc({ VpcId: 'vpc-0123456789abcdef0', DryRun: true }), {
    code: 'InvalidVpcID.NotFound',
  });
});
