import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulateCompute, type ComputeSimulation } from '#/services/ec2/compute-simulation.ts';

const LaunchTemplateName = 'Inventory-LT';

async function simulate(): Promise<ComputeSimulation> {
  const sim = await simulateCompute();
  const LaunchTemplateData = { ImageId: sim.imageId, InstanceType: 't3.micro' as const };
  sim.call.ec2.CreateLaunchTemplate({ LaunchTemplateName, LaunchTemplateData, VersionDescription: 'V1' });
  sim.call.ec2.CreateLaunchTemplateVersion({
    LaunchTemplateName,
    SourceVersion: '1',
    LaunchTemplateData: { UserData: 'djI=' },
  });
  return sim;
}

function numbers({ call }: ComputeSimulation, Versions?: string[]): (number | undefined)[] {
  const input = Versions ? { LaunchTemplateName, Versions } : { LaunchTemplateName };
  const { LaunchTemplateVersions } = call.ec2.DescribeLaunchTemplateVersions(input);
  return (LaunchTemplateVersions ?? []).map(({ VersionNumber }) => VersionNumber);
}

test('a new version keeps what its source says and does not become the default', async () => {
  const sim = await simulate();

  const { LaunchTemplateVersions } = sim.call.ec2.DescribeLaunchTemplateVersions({
    LaunchTemplateName,
    Versions: ['$Latest'],
  });

  const [latest] = LaunchTemplateVersions ?? [];
  assert.equal(latest?.VersionNumber, 2);
  assert.equal(latest.DefaultVersion, false);
  assert.deepEqual(latest.LaunchTemplateData, {
    ImageId: sim.imageId,
    InstanceType: 't3.micro',
    UserData: 'djI=',
  });
  assert.deepEqual([numbers(sim), numbers(sim, ['$Default'])], [[2, 1], [1]]);
  await sim.stop();
});

test('the default version can be moved and is not deleted', async () => {
  const sim = await simulate();

  sim.call.ec2.ModifyLaunchTemplate({ LaunchTemplateName, DefaultVersion: '2' });
  const deleted = sim.call.ec2.DeleteLaunchTemplateVersions({
    LaunchTemplateName,
    Versions: ['1', '2', '9'],
  });

  assert.deepEqual(
    deleted.SuccessfullyDeletedLaunchTemplateVersions?.map(({ VersionNumber }) => VersionNumber),
    [1],
  );
  assert.deepEqual(
    deleted.UnsuccessfullyDeletedLaunchTemplateVersions?.map(({ VersionNumber }) => VersionNumber),
    [2, 9],
  );
  assert.deepEqual(numbers(sim), [2]);
  await sim.stop();
});

test('numbers of deleted versions are not given again', async () => {
  const sim = await simulate();
  sim.call.ec2.DeleteLaunchTemplateVersions({ LaunchTemplateName, Versions: ['2'] });

  const { LaunchTemplateVersion } = sim.call.ec2.CreateLaunchTemplateVersion({
    LaunchTemplateName,
    LaunchTemplateData: { ImageId: sim.imageId },
  });

  assert.equal(LaunchTemplateVersion?.VersionNumber, 3);
  await sim.stop();
});

test('names are unique, and what is missing is refused in AWS’s words', async () => {
  const sim = await simulate();

  assert.throws(() => sim.call.ec2.CreateLaunchTemplate({ LaunchTemplateName, LaunchTemplateData: {} }), {
    code: 'InvalidLaunchTemplateName.AlreadyExistsException',
    message: 'Launch template name already in use.',
  });
  assert.throws(() => sim.call.ec2.DescribeLaunchTemplates({ LaunchTemplateNames: ['none'] }), {
    code: 'InvalidLaunchTemplateName.NotFoundException',
  });
  assert.throws(() => numbers(sim, ['7']), { code: 'InvalidLaunchTemplateId.VersionNotFound' });
  await sim.stop();
});

test('images are found as clients look for Amazon Linux 2023', async () => {
  const sim = await simulateCompute();

  const { Images } = sim.call.ec2.DescribeImages({
    Owners: ['amazon'],
    Filters: [{ Name: 'name', Values: ['al2023-ami-*-kernel-6.1-x86_64'] }],
  });

  assert.deepEqual(
    Images?.map(({ ImageId, RootDeviceName }) => [ImageId, RootDeviceName]),
    [[sim.imageId, '/dev/xvda']],
  );
  assert.deepEqual(sim.call.ec2.DescribeImages({ Owners: ['self'] }).Images, []);
  await sim.stop();
});
