import { networkConformance } from '#/drivers/network/conformance.ts';
import { memoryNetwork } from '#/drivers/network/memory.ts';

networkConformance('memory', async () => {
  const driver = memoryNetwork();
  return { driver, damage: async (networkId) => driver.damage(networkId), remove: async () => {} };
});
