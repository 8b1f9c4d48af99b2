import type { Drivers } from '#/drivers/drivers.ts';

const shutdownGraceMs = 20_000;

/**
 * Ends everything that runs, in the order that loses nothing: balancers first, so that nobody asks; machines, which may
 * still write; databases, cleanly; then the networks. Disks, volumes and objects stay.
 */
export async function stopEverything({
  balancer,
  machine,
  database,
  names,
  network,
}: Drivers): Promise<void> {
  for (const node of await balancer.list()) await balancer.destroy(node);
  await Promise.all((await machine.list()).map((id) => machine.stop(id, shutdownGraceMs)));
  await Promise.all((await database.list()).map((id) => database.stop(id)));
  await names.destroyAll();
  await network.destroyAll();
}
