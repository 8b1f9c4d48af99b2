import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { isRunning } from '#/cli/client.ts';
import { print, printJson, renderTable, type Command } from '#/cli/command.ts';
import { imageIsBuilt } from '#/images/build.ts';
import { planSettings, siteOf } from '#/server/settings.ts';

/** One requirement: whether it is met, and what to do when not. */
export interface Finding {
  readonly requirement: string;
  readonly state: 'ok' | 'missing' | 'note';
  readonly advice: string;
}

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Check each requirement of this machine',
  usage: '',
  help: 'Says for each requirement whether it is met, or what to do. Exit code 1 when one is missing.',
  async run({ name, json }) {
    const findings = await examine(name);
    if (json) printJson(findings);
    else
      print(
        renderTable(
          ['', 'REQUIREMENT', 'ADVICE'],
          findings.map(({ state, requirement, advice }) => [state, requirement, advice]),
        ),
      );
    return findings.some(({ state }) => state === 'missing') ? 1 : 0;
  },
};

export async function examine(name: string): Promise<readonly Finding[]> {
  const settings = planSettings(name);
  const programs = readPackages().map(({ program, packageName, purpose }) =>
    finding(`${program} (${purpose})`, isThere(program), `apt-get install ${packageName}`),
  );
  return [
    finding(
      'Linux',
      process.platform === 'linux',
      'the real data plane needs Linux; --data-plane memory simulates elsewhere',
    ),
    finding('root', process.getuid?.() === 0, 'run it as root or through sudo'),
    finding('Node.js 24.12 or newer', isNodeNewEnough(process.versions.node), './snowglobe brings its own'),
    ...programs,
    finding(
      'overlay file system',
      readFileSync('/proc/filesystems', 'utf8').includes('overlay'),
      'load the kernel module overlay',
    ),
    inotifyFinding(),
    (await imageIsBuilt(siteOf(settings).imagesDir))
      ? { requirement: 'machine image', state: 'ok', advice: '' }
      : {
          requirement: 'machine image',
          state: 'note',
          advice: "'./snowglobe up' builds it, once, in a few minutes",
        },
    await portFinding(name, settings.port),
  ];
}

export interface SystemPackage {
  readonly program: string;
  readonly packageName: string;
  readonly purpose: string;
}

function readPackages(): readonly SystemPackage[] {
  const text = readFileSync(new URL('../../system-packages.txt', import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [program = '', packageName = '', ...purpose] = line.split(' ');
      return { program, packageName, purpose: purpose.join(' ') };
    });
}

/** Whether a program, or a file named by its whole path, is on this machine. */
function isThere(program: string): boolean {
  return program.startsWith('/') ? existsSync(program) : findProgram(program) !== undefined;
}

/** The path of a program; system folders count even when the user's PATH lacks them. */
export function findProgram(program: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function finding(requirement: string, isMet: boolean, advice: string): Finding {
  return { requirement, state: isMet ? 'ok' : 'missing', advice: isMet ? '' : advice };
}

function isNodeNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 12);
}

/** Four inotify instances a guest: the kernel's usual 128 end at some thirty guests. */
function inotifyFinding(): Finding {
  const limit = Number(readFileSync('/proc/sys/fs/inotify/max_user_instances', 'utf8'));
  if (limit >= 512) return { requirement: 'inotify instances', state: 'ok', advice: '' };
  return {
    requirement: 'inotify instances',
    state: 'note',
    advice: `${limit} are enough for ${Math.floor(limit / 4)} instances; for more: sysctl fs.inotify.max_user_instances=8192`,
  };
}

async function portFinding(name: string, port: number): Promise<Finding> {
  const requirement = `port ${port} on 127.0.0.1`;
  if (await isRunning(name)) return { requirement, state: 'ok', advice: '' };
  const isFree = await new Promise<boolean>((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
  return finding(requirement, isFree, 'another program uses it; choose one with up --port');
}
