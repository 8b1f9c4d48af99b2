import { balancerConformance } from '#/drivers/balancer/conformance.ts';
import { memoryBalancer } from '#/drivers/balancer/memory.ts';
import type { BalancerTarget } from '#/drivers/balancer/driver.ts';
import type { Clock } from '#/lib/clock.ts';

/** A clock that stands until it is moved. */
function manualClock(): Clock & { advance(ms: number): void } {
  let now = 0;
  const waiting = new Set<{ dueAt: number; callback: () => void }>();
  return {
    now: () => now,
    after(delayMs, callback) {
      const entry = { dueAt: now + delayMs, callback };
      waiting.add(entry);
      return () => waiting.delete(entry);
    },
    advance(ms) {
      now += ms;
      for (const entry of Array.from(waiting)) {
        if (entry.dueAt <= now && waiting.delete(entry)) entry.callback();
      }
    },
  };
}

const target = (address: string): BalancerTarget => ({ address, port: 80, isDraining: false });

balancerConformance('memory', () => {
  const clock = manualClock();
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
