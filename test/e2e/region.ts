import { mkdirSync, readFileSync, symlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { RDSClient } from '@aws-sdk/client-rds';
import { S3Client } from '@aws-sdk/client-s3';
import type { Site } from '#/drivers/linux/site.ts';
import { readFileIfThere } from '#/lib/files.ts';
import { tryRun, type Finished } from '#/lib/run.ts';
import type { Overview } from '#/server/overview.ts';
import { siteOf, stateDirOf, type RegionSettings } from '#/server/settings.ts';

const cliProgram = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'src/cli/main.ts');
const cliLimitMs = 600_000;

/** A region for one test file, used as a person uses it: through the command line, the API and the network. */
export interface TestRegion {
  readonly settings: RegionSettings;
  readonly site: Site;
  /** Makes the home with its settings, where there is none. Nothing runs yet. */
  prepare(): void;
  /** Runs a command of `snowglobe` for this region, whatever its exit code. */
  cli(command: string, ...words: readonly string[]): Promise<Finished>;
  /** The same, which must succeed; answers what it printed. */
  must(command: string, ...words: readonly string[]): Promise<string>;
  overview(): Promise<Overview>;
  /** Kills the region's process as a crash would. */
  kill(): void;
  /** Runs a program in an instance. */
  exec(instanceId: string, ...argv: readonly string[]): Promise<Finished>;
  /** Runs the AWS CLI. */
  aws(...words: readonly string[]): Promise<Finished>;
  /** What controllers failed at, though they succeeded later: for whoever reads the test's output. */
  failures(): readonly string[];
}

/**
 * A region with a home of its own. It is always the same, so that what an interrupted test left is found again. Images
 * are those of SNOWGLOBE_IMAGES.
 */
export function testRegion(wish: Pick<RegionSettings, 'name' | 'port' | 'publicPool'>): TestRegion {
  const settings: RegionSettings = {
    ...wish,
    dataPlane: 'linux',
    regionName: 'eu-west-3',
    account: '123456789012',
  };
  const home = join(tmpdir(), `sg-${settings.name}`);
  const images = process.env['SNOWGLOBE_IMAGES'] ?? '/var/cache/snowglobe/images';
  const env = { SNOWGLOBE_HOME: home };

  function prepare(): void {
    const stateDir = stateDirOf(settings.name, home);
    mkdirSync(images, { recursive: true });
    mkdirSync(stateDir, { recursive: true, mode: 0o711 });
    rmSync(join(home, 'images'), { force: true });
    symlinkSync(images, join(home, 'images'));
    // The pool is not a wish of the command line: other homes' regions are unknown to this one.
    writeFileSync(join(stateDir, 'region.json'), JSON.stringify(settings));
  }

  function cli(command: string, ...words: readonly string[]): Promise<Finished> {
    const args = ['--disable-warning=ExperimentalWarning', cliProgram, command, '--name', settings.name];
    return tryRun(process.execPath, [...args, ...words], { env, timeoutMs: cliLimitMs });
  }

  async function must(command: string, ...words: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await cli(command, ...words);
    if (exitCode !== 0)
      throw new Error(`snowglobe ${command} failed (${exitCode}): ${stderr}\n${stdout.slice(-2_000)}`);
    return stdout;
  }

  return {
    settings,
    site: siteOf(settings, home),
    prepare,
    cli,
    must,
    overview: async () => JSON.parse(await must('status', '--json')) as Overview, // what the command prints
    kill: () => {
      process.kill(
        Number(readFileSync(join(stateDirOf(settings.name, home), 'region.pid'), 'utf8')),
        'SIGKILL',
      );
    },
    failures: () =>
      (readFileIfThere(join(stateDirOf(settings.name, home), 'region.log')) ?? '')
        .split('\n')
        .filter((line) => / attempt \d+ failed/.test(line)),
    exec: (instanceId, ...argv) => cli('exec', instanceId, '--', ...argv),
    aws: (...words) =>
      tryRun('aws', words, {
        timeoutMs: 120_000,
        env: {
          AWS_ENDPOINT_URL: endpointOf(settings),
          AWS_DEFAULT_REGION: settings.regionName,
          AWS_ACCESS_KEY_ID: 'test',
          AWS_SECRET_ACCESS_KEY: 'test',
          AWS_PAGER: '',
        },
      }),
  };
}

/** Removes what the test made beside the region itself. */
export function removeHome({ site }: TestRegion): void {
  rmSync(dirname(dirname(site.stateDir)), { recursive: true, force: true });
}

/** Clients of AWS's own SDK for the region. */
export function clientsOf({ settings }: TestRegion) {
  const common = {
    endpoint: endpointOf(settings),
    region: settings.regionName,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  return {
    autoscaling: new AutoScalingClient(common),
    cloudformation: new CloudFormationClient(common),
    ec2: new EC2Client(common),
    elbv2: new ElasticLoadBalancingV2Client(common),
    rds: new RDSClient(common),
    s3: new S3Client({ ...common, forcePathStyle: true }),
  };
}

export type Clients = ReturnType<typeof clientsOf>;

function endpointOf({ port }: RegionSettings): string {
  return `http://127.0.0.1:${port}`;
}
