/** What all benchmarks share: how a figure looks, how it is told, and how one is run by itself. */
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';

/** One measured quantity, over several runs. */
export interface Figure {
  readonly name: string;
  /** `ms`, `MiB`, `requests/s` */
  readonly unit: string;
  /** In the order they were measured. */
  readonly values: readonly number[];
  /** The same quantity of something known, measured in the same run, between these values. */
  readonly peer?: { readonly name: string; readonly values: readonly number[] };
  /** What a reader must know to read it. */
  readonly note?: string;
}

export interface BenchOptions {
  /** Also measure what takes minutes. */
  readonly cold: boolean;
  /** Called with a line about what is being done. */
  readonly progress: (line: string) => void;
}

/** One benchmark: it measures and never judges. */
export type Bench = (options: BenchOptions) => Promise<readonly Figure[]>;

/** A figure as it is told: the median stands for the runs, and the machine's load says how far to trust it. */
interface ToldFigure extends Figure {
  readonly median: number;
  readonly peerMedian?: number;
  /** Ours to the peer's. */
  readonly ratio?: number;
  /** The machine's one-minute load average before and after. */
  readonly load: readonly [before: number, after: number];
}

/** Runs a benchmark as a program: `node bench/NAME.ts [--json] [--cold]`. */
export async function runBench(bench: Bench): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'boolean' }, cold: { type: 'boolean' } } });
  const before = loadavg()[0] ?? 0;
  const figures = await bench({
    cold: values.cold ?? false,
    progress: (line) => process.stderr.write(`${line}\n`),
  });
  const told = figures.map((figure) => tell(figure, [before, loadavg()[0] ?? 0]));
  process.stdout.write(`${values.json ? JSON.stringify(told, undefined, 2) : renderFigures(told)}\n`);
}

function tell(figure: Figure, load: readonly [number, number]): ToldFigure {
  const middle = median(figure.values);
  const peerMiddle = figure.peer ? median(figure.peer.values) : undefined;
  return {
    ...figure,
    median: middle,
    ...(peerMiddle === undefined ? {} : { peerMedian: peerMiddle, ratio: middle / peerMiddle }),
    load,
  };
}

function renderFigures(figures: readonly ToldFigure[]): string {
  return figures
    .flatMap((figure) => {
      const peer =
        figure.peer && figure.peerMedian !== undefined && figure.ratio !== undefined
          ? `; ${figure.peer.name}: ${renderRuns(figure.peer.values, figure.unit)}; ratio ${renderNumber(figure.ratio)}`
          : '';
      const [before, after] = figure.load.map((load) => load.toFixed(1));
      return [
        `${figure.name}: ${renderRuns(figure.values, figure.unit)}${peer} (load ${before} to ${after})`,
        ...(figure.note === undefined ? [] : [`  ${figure.note}`]),
      ];
    })
    .join('\n');
}

/** `12.3 ms (11.9 to 14.0, n=5)` */
function renderRuns(values: readonly number[], unit: string): string {
  const range = `${renderNumber(Math.min(...values))} to ${renderNumber(Math.max(...values))}`;
  const spread = values.length > 1 ? ` (${range}, n=${values.length})` : '';
  return `${renderNumber(median(values))} ${unit}${spread}`;
}

function renderNumber(value: number): string {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** How long the work takes, in milliseconds. */
export async function elapsedMs(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** Asks again each `everyMs` until the answer is there. Throws when it is not after `limitMs`. */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  { limitMs = 120_000, everyMs = 20 }: { readonly limitMs?: number; readonly everyMs?: number } = {},
): Promise<T> {
  const deadline = performance.now() + limitMs;
  while (true) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > deadline) throw new Error(`waited ${limitMs / 1000} s for ${what}`);
    await pause(everyMs);
  }
}

export function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
