import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { crc32, gzipSync } from 'node:zlib';
import { machineConformance } from '#/drivers/machine/conformance.ts';
import type { MachineDriver } from '#/drivers/machine/driver.ts';
import { openBench, type LinuxBench } from '#/drivers/machine/linux/bench.ts';
import { mountsBelow } from '#/drivers/machine/linux/disk.ts';
import { start } from '#/lib/run.ts';

const regionName = 't-machine';

machineConformance('on Linux', async () => {
  const bench = await openBench(regionName);
  return {
    open: () => bench.open(),
    machine: (number) => bench.machine(number),
    crash: (id) => Promise.resolve(process.kill(firstProcessOf(bench, id), 'SIGKILL')).then(() => {}),
    settle: (promise) => withRealTime(promise),
    close: () => bench.close(),
  };
});

describe('on Linux: a machine', () => {
  let bench: LinuxBench;
  let driver: MachineDriver;
  before(async () => {
    bench = await openBench(regionName);
    driver = bench.open();
  });
  after(() => bench.close());

  const boot = async (number: number, userData?: string): Promise<string> => {
    const machine = await bench.machine(number, userData);
    await driver.create(machine);
    await driver.start(machine.id);
    return machine.id;
  };
  const inside = async (id: string, script: string): Promise<string> =>
    (await driver.exec(id, ['sh', '-c', script])).stdout.trim();

  test('runs its user data, so that a page answers in PHP', async () => {
    const id = await boot(20, fixture('web-server.sh'));

    const page = await until(() => get('10.77.0.20'), /^php/);

    assert.match(page, /^php 8\.\d+\.\d+ mysqli=1 ip-10-77-0-20$/);
    assert.equal(await inside(id, 'systemctl is-enabled httpd'), 'enabled');
    await until(() => driver.console(id), /boot finished/);
    assert.match(await driver.console(id), /running user data of i-20/);
    assert.match(await inside(id, 'cat /var/log/cloud-init-output.log'), /Complete!/);
  });

  test('runs the user data of the high availability lab unchanged', async () => {
    bench.serve(
      'inventory-app.zip',
      zip({
        'index.php': '<?php include "get-parameters.php"; echo "inventory of $db at $ep";',
        'get-parameters.php':
          '<?php $ep = "DBENDPOINT"; $db = "DBNAME"; $un = "DBUSERNAME"; $pw = "DBPASSWORD";',
      }),
    );
    bench.serve('aws.zip', zip({ 'aws-autoloader.php': '<?php' }));
    await boot(31, fixture('lab-user-data.sh'));

    const page = await until(() => get('10.77.0.31'), /inventory/);

    assert.equal(
      page,
      'inventory of inventory at inventory-cluster.cluster-ceish0e2ysws.eu-west-3.rds.amazonaws.com',
    );
  });

  test('fetches objects by the AWS command line tool and by Node, over TLS', async () => {
    bench.serve('greeting.txt', Buffer.from('hello'));
    const id = await boot(32);

    const copied = await driver.exec(id, [
      'sh',
      '-c',
      'aws --no-sign-request --region eu-west-3 s3 cp s3://greetings/greeting.txt -',
    ]);
    const fetched = await driver.exec(id, [
      'node',
      '--eval',
      'fetch("https://github.com/greeting.txt").then((r) => r.text()).then(console.log)',
    ]);

    assert.deepEqual(copied, { exitCode: 0, stdout: 'hello', stderr: '' });
    assert.deepEqual(fetched, { exitCode: 0, stdout: 'hello\n', stderr: '' });
  });

  test('runs user data in cloud-config', async () => {
    const id = await boot(33, '#cloud-config\nwrite_files:\n  - { path: /root/made, content: yes-it-is }\n');

    await until(() => inside(id, 'cat /root/made'), /yes-it-is/);
  });

  test('runs compressed user data, and lets a key pair in', async () => {
    const machine = await bench.machine(34);
    const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPOCqhxWZRbWUhOzEPVdnvxKKlQXHFVH7cQMhJRNcFyk somebody';
    await driver.create({
      ...machine,
      metadata: {
        ...machine.metadata,
        metaData: { ...machine.metadata.metaData, 'public-keys/0/openssh-key': key },
        userData: gzipSync('#!/bin/sh\necho compressed > /root/made\n').toString('base64'),
      },
    });
    await driver.start(machine.id);

    await until(() => inside(machine.id, 'cat /root/made'), /compressed/);
    await until(() => inside(machine.id, 'systemctl is-active sshd'), /^active$/);
    assert.equal(await inside(machine.id, 'cat ~ec2-user/.ssh/authorized_keys'), key);
  });

  test('answers commands with their output and exit code', async () => {
    const id = await boot(21);

    const finished = await driver.exec(id, ['sh', '-c', 'id -un; echo wrong >&2; exit 7']);

    assert.deepEqual(finished, { exitCode: 7, stdout: 'root\n', stderr: 'wrong\n' });
  });

  test('keeps its disk over a stop, and does not run its user data twice', async () => {
    const id = await boot(22, '#!/bin/sh\necho once >> /root/runs\n');
    await until(() => driver.console(id), /boot finished/);

    await driver.stop(id, 10_000);
    await driver.start(id);
    await until(() => inside(id, 'systemctl is-system-running'), /^running$/);

    assert.equal(await inside(id, 'cat /root/runs'), 'once');
  });

  test('that reboots itself is seen to have ended so', async () => {
    const id = await boot(23);
    await until(() => inside(id, 'systemctl is-system-running'), /^running$/);

    await driver.exec(id, ['systemctl', 'reboot']);
    await until(async () => (await driver.inspect(id))?.state ?? '', /stopped/);

    assert.deepEqual(await driver.inspect(id), { state: 'stopped', ending: 'reboot' });
  });

  test('sees nothing of the host, and cannot reach it', async () => {
    const id = await boot(24);

    assert.equal(await inside(id, 'hostname'), 'ip-10-77-0-24');
    assert.equal(await inside(id, 'ls /sys/class/net'), 'eth0\nlo');
    assert.equal(await inside(id, `test -e ${bench.site.stateDir} || echo absent`), 'absent');
    for (const escape of [
      'mount -t tmpfs x /mnt',
      'mknod /root/disk b 254 0',
      'unshare --user true',
      'echo 1 > /proc/sys/vm/drop_caches',
      'echo b > /proc/sysrq-trigger',
      'mkdir /sys/fs/x',
    ])
      assert.equal(await inside(id, `(${escape}) 2>/dev/null || echo refused`), 'refused', escape);
  });

  test('has no more memory than it was given', async () => {
    const id = await boot(25);

    const { exitCode } = await driver.exec(id, ['perl', '-e', '$x = "x" x (700 << 20)']);

    assert.equal(exitCode, 137);
    assert.equal((await driver.inspect(id))?.state, 'running');
  });

  test('trusts what the authority of the region signs, and has its tools', async () => {
    const id = await boot(26);

    assert.match(await inside(id, 'aws --version'), /^aws-cli\/2/);
    assert.match(await inside(id, 'node --version'), /^v24\./);
    assert.equal(
      await inside(id, 'openssl verify /usr/local/share/ca-certificates/snowglobe.crt'),
      '/usr/local/share/ca-certificates/snowglobe.crt: OK',
    );
  });

  test('says which packages there are not', async () => {
    const id = await boot(27);

    const update = await driver.exec(id, ['dnf', 'update', '-y']);
    const installed = await driver.exec(id, ['dnf', 'install', '-y', 'httpd', 'php-mysqli', 'nodejs24']);
    const asked = await driver.exec(id, ['rpm', '-q', 'httpd']);

    assert.equal(update.exitCode, 0);
    assert.match(installed.stdout, /Package nodejs24 is already installed\.[^]*Complete!/);
    assert.match(asked.stdout, /^httpd-2\.4/);
  });

  test('leaves no mount, process, cgroup or file when it is destroyed', async () => {
    const id = await boot(28);
    const first = firstProcessOf(bench, id);

    await driver.destroy(id);

    assert.deepEqual(mountsBelow(join(bench.site.stateDir, 'machines', id)), []);
    assert.equal(existsSync(`/proc/${first}`), false);
    assert.deepEqual(cgroupsOf(id), []);
    assert.deepEqual(
      filesOf(bench.site.stateDir).filter((file) => /\b(i|eni)-28\b/.test(file)),
      [],
    );
  });

  test('keeps its metadata where only root reads it, and has the latest', async () => {
    const machine = await bench.machine(29);
    await driver.create(machine);

    await driver.setMetadata(machine.id, { ...machine.metadata, hopLimit: 2 });

    const file = join(bench.site.stateDir, 'metadata', 'eni-29.json');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(JSON.parse(readFileSync(file, 'utf8')).hopLimit, 2);
  });

  for (const [index, file] of [
    'upper',
    'link',
    'machine.json',
    'config.json',
    'conmon.log',
    'pid',
  ].entries()) {
    test(`starts although an earlier attempt was killed when it had made \`${file}\``, async () => {
      const machine = await bench.machine(40 + index);
      const directory = join(bench.site.stateDir, 'machines', machine.id);
      const attempt = start(
        process.execPath,
        [
          fileURLToPath(new URL('fixtures/start-machine.ts', import.meta.url)),
          JSON.stringify(bench.site),
          JSON.stringify(machine),
        ],
        { stdio: 'inherit' },
      );
      await until(() => Promise.resolve(String(existsSync(join(directory, file)))), /true/, 1);
      attempt.kill('SIGKILL');
      await once(attempt, 'exit');

      if ((await driver.inspect(machine.id)) === undefined) await driver.create(machine);
      await driver.start(machine.id);

      assert.deepEqual(await driver.inspect(machine.id), { state: 'running', ending: undefined });
      await until(() => inside(machine.id, 'systemctl is-system-running'), /^running$/);
      await driver.destroy(machine.id);
      assert.deepEqual(cgroupsOf(machine.id), []);
      assert.deepEqual(mountsBelow(directory), []);
    });
  }

  async function get(address: string): Promise<string> {
    const ask = `fetch('http://${address}/', { signal: AbortSignal.timeout(2000) })
      .then((response) => response.text()).then((text) => process.stdout.write(text), () => {})`;
    const { stdout } = await bench.nearby(process.execPath, '--eval', ask);
    return stdout.trim();
  }
});

function fixture(name: string): string {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
}

/** An archive of these files, uncompressed: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
function zip(files: Readonly<Record<string, string>>): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  for (const [name, text] of Object.entries(files)) {
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0); // version
    common.writeUInt32LE(crc32(text), 10);
    common.writeUInt32LE(text.length, 14);
    common.writeUInt32LE(text.length, 18);
    common.writeUInt16LE(name.length, 22);
    const directory = Buffer.alloc(14);
    directory.writeUInt32LE(Buffer.concat(local).length, 10);
    central.push(Buffer.from('PK\x01\x02\x14\0'), common, directory, Buffer.from(name));
    local.push(Buffer.from('PK\x03\x04'), common, Buffer.from(name + text));
  }
  const end = Buffer.alloc(18);
  end.writeUInt16LE(Object.keys(files).length, 4);
  end.writeUInt16LE(Object.keys(files).length, 6);
  end.writeUInt32LE(Buffer.concat(central).length, 8);
  end.writeUInt32LE(Buffer.concat(local).length, 12);
  return Buffer.concat([...local, ...central, Buffer.from('PK\x05\x06'), end]);
}

function firstProcessOf({ site }: LinuxBench, id: string): number {
  return Number(readFileSync(join(site.stateDir, 'machines', id, 'pid'), 'utf8'));
}

function cgroupsOf(id: string): readonly string[] {
  return execFileSync('find', ['/sys/fs/cgroup', '-path', `*snowglobe/${regionName}/*${id}*`], {
    encoding: 'utf8',
  })
    .split('\n')
    .filter(Boolean);
}

function filesOf(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() && ['metadata', 'machines', 'machine-runs', 'exits', 'sockets'].includes(entry.name)
      ? [entry.name, ...filesOf(join(directory, entry.name))]
      : [entry.name],
  );
}

/** Looks until the text fits; fails with the last one after 20 seconds. */
async function until(look: () => Promise<string>, pattern: RegExp, everyMs = 20): Promise<string> {
  const end = performance.now() + 20_000;
  for (;;) {
    const text = await look();
    if (pattern.test(text)) return text;
    if (performance.now() > end) throw new Error(`waited in vain for ${pattern}; last:\n${text}`);
    await sleep(everyMs);
  }
}

/** The system clock's timers do not keep a process alive; a test that waits for one has to. */
async function withRealTime<T>(promise: Promise<T>): Promise<T> {
  const alive = setInterval(() => {}, 1000);
  try {
    return await promise;
  } finally {
    clearInterval(alive);
  }
}
