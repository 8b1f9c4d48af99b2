import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { call } from '#/cli/client.ts';
import { environmentOf } from '#/cli/env.ts';
import { readFileIfThere, writeFileAtomically } from '#/lib/files.ts';
import { tryRun } from '#/lib/run.ts';
import { stateDirOf, type RegionSettings } from '#/server/settings.ts';

const projectDir = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const labDir = join(projectDir, 'lab');
const labStackName = 'Inventory';
export const labBalancerName = 'Inventory-LB';
const deployLimitMs = 900_000;

/** Whether the stack is there in this version of the lab's code. */
export async function labIsDeployed(settings: RegionSettings): Promise<boolean> {
  const status = await stackStatus(settings.name, labStackName);
  if (!status || !/^(CREATE|UPDATE)_COMPLETE$/.test(status)) return false;
  return readFileIfThere(fingerprintFile(settings)) === fingerprint();
}

/** Deploys the lab as any user of the AWS CDK would: bootstrap once, then deploy. */
export async function deployLab(settings: RegionSettings, progress: (line: string) => void): Promise<void> {
  await waitForOperation(settings, progress);
  if ((await stackStatus(settings.name, 'CDKToolkit')) === undefined) {
    progress('Preparing the region for the CDK (cdk bootstrap)');
    await cdk(settings, ['bootstrap', `aws://${settings.account}/${settings.regionName}`], progress);
  }
  progress('Deploying the Inventory system (cdk deploy)');
  await cdk(
    settings,
    ['deploy', labStackName, '--require-approval', 'never', '--progress', 'events'],
    progress,
  );
  writeFileAtomically(fingerprintFile(settings), fingerprint());
}

/** An earlier `up` that was interrupted may have left an operation under way; it goes on by itself. */
async function waitForOperation(settings: RegionSettings, progress: (line: string) => void): Promise<void> {
  const deadline = performance.now() + deployLimitMs;
  for (const stack of ['CDKToolkit', labStackName]) {
    let isTold = false;
    while (isUnderWay(await stackStatus(settings.name, stack))) {
      if (!isTold) progress(`Waiting for an operation on the stack ${stack} that is under way`);
      isTold = true;
      if (performance.now() > deadline)
        throw new Error(`the stack ${stack} does not come to rest; './snowglobe logs' says why`);
      await wait(500);
    }
  }
}

/** A stack that awaits the execution of its first change set is at rest, whatever its name says. */
function isUnderWay(status: string | undefined): boolean {
  return status !== undefined && status !== 'REVIEW_IN_PROGRESS' && status.endsWith('_IN_PROGRESS');
}

async function cdk(
  settings: RegionSettings,
  args: readonly string[],
  progress: (line: string) => void,
): Promise<void> {
  let unfinished = '';
  const { exitCode } = await tryRun(
    process.execPath,
    [join(projectDir, 'node_modules/aws-cdk/bin/cdk'), ...args, '--no-notices', '--no-color'],
    {
      cwd: labDir,
      timeoutMs: deployLimitMs,
      env: {
        ...environmentOf(settings),
        PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
        CI: '1',
        CDK_DISABLE_CLI_TELEMETRY: '1',
        CDK_HOME: join(stateDirOf(settings.name), 'cdk'),
        CDK_DEFAULT_ACCOUNT: settings.account,
        CDK_DEFAULT_REGION: settings.regionName,
        JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION: '1',
      },
      onOutput(text) {
        const lines = (unfinished + text).split('\n');
        unfinished = lines.pop() ?? '';
        for (const line of lines) if (line.trim() !== '') progress(`  ${line}`);
      },
    },
  );
  if (exitCode !== 0) throw new Error(`cdk ${args[0]} failed; what it printed says why`);
}

async function stackStatus(name: string, StackName: string): Promise<string | undefined> {
  const answer = await call(name, 'cloudformation', 'DescribeStacks', { StackName }).catch(() => undefined);
  const stacks = answer?.['Stacks'] as { StackStatus?: string }[] | undefined; // DescribeStacks's own shape
  return stacks?.[0]?.StackStatus;
}

function fingerprintFile({ name }: RegionSettings): string {
  return join(stateDirOf(name), 'lab.sha256');
}

/** Changes when a file of the lab does. */
function fingerprint(): string {
  const hash = createHash('sha256');
  const files = globSync('**/*.{ts,json,html,css,sh}', {
    cwd: labDir,
    exclude: ['**/node_modules/**', '**/cdk.out/**'],
  });
  for (const file of files.toSorted()) hash.update(file).update(readFileSync(join(labDir, file)));
  return hash.digest('hex');
}
