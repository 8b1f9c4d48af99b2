/** How long an instance takes: from RunInstances to `running`, and to a page that its user data made. */
import { runBench, waitFor, type BenchOptions, type Figure } from './harness.ts';
import { send } from './load.ts';
import { aws, snowglobe, withFreshRegion } from './region.ts';
import { findRunning, launchWebServer, makeWebNetwork } from './web.ts';

const rounds = 7;

await runBench(({ progress }: BenchOptions): Promise<readonly Figure[]> =>
  withFreshRegion(async (port) => {
    await snowglobe('up', '--no-lab', '--port', String(port));
    const network = await makeWebNetwork();
    const running = [];
    const served = [];
    for (let round = 1; round <= rounds; round += 1) {
      progress(`instances: ${round} of ${rounds}`);
      const begun = performance.now();
      const instanceId = await launchWebServer(network);
      const { publicAddress } = await waitFor('the instance to run', () => findRunning(instanceId));
      running.push(performance.now() - begun);
      await waitFor('the page', () => send({ url: `http://${publicAddress}/` }));
      served.push(performance.now() - begun);
      await aws('ec2', 'TerminateInstances', { InstanceIds: [instanceId] });
    }
    return [
      { name: 'RunInstances until running', unit: 's', values: running.map((ms) => ms / 1000) },
      {
        name: 'RunInstances until HTTP 200',
        unit: 's',
        values: served.map((ms) => ms / 1000),
        note: 'the page is served by httpd, which user data installs with dnf',
      },
    ];
  }),
);
