import { run } from '#/lib/run.ts';

/** A namespace of a test, with its address. */
export interface TestPlace {
  readonly namespace: string;
  readonly address: string;
}

/** Two namespaces joined by a cable, for tests; `name` marks them. The answer's `remove` leaves nothing behind. */
export async function twoPlaces(name: string): Promise<{
  readonly places: readonly [TestPlace, TestPlace];
  readonly remove: () => Promise<void>;
}> {
  const names = [`sg-${name}-a`, `sg-${name}-b`] as const;
  const addresses = ['10.77.0.1', '10.77.0.2'] as const;
  const remove = async (): Promise<void> => {
    await run('ip', ['-force', '-batch', '-'], {
      input: names.map((n) => `netns del ${n}\n`).join(''),
    }).catch(
      () => '', // those that are not there are gone already
    );
  };
  await remove();
  await run('ip', ['-batch', '-'], { input: names.map((n) => `netns add ${n}\n`).join('') });
  await run('ip', [
    '-n',
    names[0],
    'link',
    'add',
    'eth0',
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'netns',
    names[1],
  ]);
  for (const index of [0, 1] as const) {
    await run('ip', ['-n', names[index], '-batch', '-'], {
      input: `addr add ${addresses[index]}/24 dev eth0\nlink set eth0 up\nlink set lo up\n`,
    });
  }
  const place = (index: 0 | 1): TestPlace => ({
    namespace: `/run/netns/${names[index]}`,
    address: addresses[index],
  });
  return { places: [place(0), place(1)], remove };
}
