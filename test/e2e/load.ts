import { Agent } from 'node:http';
import { addItem, askPage } from './page.ts';
import { sleep, systemClock } from '#/lib/clock.ts';

/** What a load saw. Gaps are times between one success and the next. */
export interface LoadReport {
  readonly succeeded: number;
  /** Each failure, as what it was and how many seconds after the start it came. */
  readonly failures: readonly string[];
  readonly longestGapMs: number;
  readonly slowestMs: number;
}

export interface Load {
  /** Sends nothing more, and answers when the last answer is there. Stopping again changes nothing. */
  stop(): Promise<LoadReport>;
  /** Until now. */
  succeededCount(): number;
}

const inFlightMax = 500;

/**
 * Asks for the page so many times each second, however long answers take, at each address in turn; every second round
 * through the addresses on kept connections, the others on new ones.
 */
export function startLoad(addresses: readonly string[], perSecond: number): Load {
  const kept = new Agent({ keepAlive: true, maxSockets: inFlightMax });
  const tally = startTally();
  const inFlight = new Set<Promise<void>>();
  let sent = 0;
  const timer = setInterval(() => {
    // A timer that comes late makes up for it, so that the rate holds.
    while (sent < (tally.elapsedMs() / 1000) * perSecond && inFlight.size < inFlightMax) send();
  }, 1000 / perSecond);

  function send(): void {
    const address = addresses[sent % addresses.length] ?? '';
    const isKept = Math.floor(sent / addresses.length) % 2 === 1;
    sent += 1;
    const asked = tally.time(async () => {
      const { status } = await askPage(address, isKept ? { agent: kept } : {});
      return status === 200 ? undefined : `status ${status}${isKept ? ' on a kept connection' : ''}`;
    });
    inFlight.add(asked);
    void asked.then(() => inFlight.delete(asked));
  }

  return {
    succeededCount: tally.succeededCount,
    async stop() {
      clearInterval(timer);
      await Promise.all(inFlight);
      kept.destroy();
      return tally.report();
    },
  };
}

/** Names of acknowledged items, with the report of their writing. */
interface WriteReport extends LoadReport {
  readonly acknowledged: readonly string[];
}

/** Adds items one after the other, some ten each second, until stopped. A failed one is not repeated. */
export function startWrites(
  addresses: readonly string[],
  prefix: string,
): { stop(): Promise<WriteReport>; acknowledgedCount(): number } {
  const tally = startTally();
  const acknowledged: string[] = [];
  const stopping = new AbortController();

  async function write(): Promise<void> {
    for (let turn = 0; !stopping.signal.aborted; turn += 1) {
      const name = `${prefix}-${turn}`;
      await tally.time(async () => {
        if (!(await addItem(addresses[turn % addresses.length] ?? '', name))) return 'not acknowledged';
        acknowledged.push(name);
        return undefined;
      });
      await sleep(systemClock, 100);
    }
  }

  const writing = write();
  return {
    acknowledgedCount: () => acknowledged.length,
    async stop() {
      stopping.abort();
      await writing;
      return { ...tally.report(), acknowledged };
    },
  };
}

/** In one line, for a person. */
export function renderReport({ succeeded, failures, longestGapMs, slowestMs }: LoadReport): string {
  const told = failures.length === 0 ? '' : ` (${failures.slice(0, 6).join('; ')})`;
  return `${succeeded} succeeded, ${failures.length} failed${told}, longest gap ${Math.round(longestGapMs)} ms, slowest ${Math.round(slowestMs)} ms`;
}

function startTally() {
  const startedMs = performance.now();
  const failures: string[] = [];
  let succeeded = 0;
  let lastSuccessMs = startedMs;
  let longestGapMs = 0;
  let slowestMs = 0;
  return {
    elapsedMs: () => performance.now() - startedMs,
    succeededCount: () => succeeded,
    /** `work` answers what failed; to throw is to fail. */
    async time(work: () => Promise<string | undefined>): Promise<void> {
      const beganMs = performance.now();
      const failure = await work().catch((error: unknown) => messageOf(error));
      const nowMs = performance.now();
      slowestMs = Math.max(slowestMs, nowMs - beganMs);
      if (failure !== undefined) {
        failures.push(`${failure} at ${((beganMs - startedMs) / 1000).toFixed(1)} s`);
        return;
      }
      succeeded += 1;
      longestGapMs = Math.max(longestGapMs, nowMs - lastSuccessMs);
      lastSuccessMs = nowMs;
    },
    report: (): LoadReport => ({
      succeeded,
      failures,
      // What never came back in time counts as a gap until now.
      longestGapMs: Math.max(longestGapMs, performance.now() - lastSuccessMs),
      slowestMs,
    }),
  };
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
