import { balancerConformance } from '#/drivers/balancer/conformance.ts';
import { memoryBalancer } from '#/drivers/balancer/memory.ts';
import type { BalancerTarget } from '#/drivers/balancer/driver.ts';
import { VirtualClock } from '#/lib/virtual-clock.ts';

const target = (address: string): BalancerTarget => ({ address, port: 80, isDraining: false });

balancerConformance('memory', () => {
  const clock = new VirtualClock(0);
  const sick = new Set<string>();
  const driver = memoryBalancer({ clock, isHealthy: ({ address }) => !sick.has(address) });
  return Promise.resolve({
    driver,
    namespace: '/run/netns/none',
    address: '10.0.0.1',
    targets: [target('10.0.0.11'), target('10.0.0.12'), target('10.0.0.13')],
    setHealthy({ address }, isHealthy) {
      if (isHealthy) sick.delete(address);
      else sick.add(address);
      return Promise.resolve();
    },
    pass() {
      clock.advance(50);
      return Promise.resolve();
    },
  });
});
