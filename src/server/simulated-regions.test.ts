import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { systemClock } from '#/lib/clock.ts';
import { seededRandom } from '#/lib/random.ts';
import { servicePrincipal } from '#/region.ts';
import { openRegion, type OpenOptions, type OpenRegion } from '#/server/open-region.ts';
import { SimulatedRegions } from '#/server/simulated-regions.ts';

test('a new region has a default VPC, and the same one when it is opened again', (t) => {
  const options = optionsIn(temporaryDir(t));
  const first = openRegion(options);
  const [vpc] = callsOf(first).ec2.DescribeVpcs({}).Vpcs ?? [];
  first.store.close();

  const again = openRegion(options);
  t.after(() => again.store.close());

  assert.equal(vpc?.IsDefault, true);
  assert.deepEqual(
    callsOf(again)
      .ec2.DescribeVpcs({})
      .Vpcs?.map(({ VpcId }) => VpcId),
    [vpc?.VpcId],
  );
});

test('each region of the account has its own networks, and all have the same roles', (t) => {
  const regions = simulated(t);
  const here = callsOf(regions.home);
  const there = callsOf(regions.named('us-west-2'));

  here.ec2.CreateVpc({ CidrBlock: '10.0.0.0/16' });
  there.iam.CreateRole({
    RoleName: 'app',
    AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [] }),
  });

  assert.equal(here.ec2.DescribeVpcs({}).Vpcs?.length, 2);
  assert.equal(there.ec2.DescribeVpcs({}).Vpcs?.length, 1);
  assert.deepEqual(
    here.iam.ListRoles({}).Roles?.map(({ RoleName }) => RoleName),
    ['app'],
  );
  assert.equal(regions.named('not a region'), regions.home);
});

test('a reset forgets what was made in any region, and gives a new default VPC', async (t) => {
  const regions = simulated(t);
  callsOf(regions.home).ssm.PutParameter({ Name: 'here', Value: '1', Type: 'String' });
  callsOf(regions.named('us-west-2')).ssm.PutParameter({ Name: 'there', Value: '1', Type: 'String' });
  const before = callsOf(regions.home).ec2.DescribeVpcs({}).Vpcs?.[0]?.VpcId;

  await regions.reset();

  const [vpc] = callsOf(regions.home).ec2.DescribeVpcs({}).Vpcs ?? [];
  assert.equal(vpc?.IsDefault, true);
  assert.notEqual(vpc.VpcId, before);
  for (const region of [regions.home, regions.named('us-west-2')])
    assert.deepEqual(callsOf(region).ssm.DescribeParameters({}).Parameters, []);
});

function simulated(t: TestContext): SimulatedRegions {
  const options = optionsIn(temporaryDir(t));
  const home = openRegion(options);
  home.region.runtime.start();
  const regions = new SimulatedRegions(options, home);
  t.after(() => regions.close());
  return regions;
}

function callsOf({ region }: OpenRegion) {
  return region.callAs(servicePrincipal(region.account));
}

function optionsIn(stateDir: string): OpenOptions {
  const settings = {
    name: 't-sim',
    dataPlane: 'memory',
    port: 0,
    regionName: 'eu-west-3',
    account: '123456789012',
    publicPool: '198.18.7.0/24',
    instant: true,
  } as const;
  return {
    settings,
    site: { name: settings.name, stateDir, imagesDir: stateDir, publicPool: settings.publicPool },
    databaseFile: join(stateDir, 'region.db'),
    clock: systemClock,
    random: seededRandom(7),
    onFailure({ error }) {
      throw new Error('a controller failed', { cause: error });
    },
  };
}

function temporaryDir(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'snowglobe-sim-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
