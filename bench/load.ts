/** Load on an HTTP server: by `wrk` where it is installed, else by this process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '#/cli/doctor.ts';
import { run } from '#/lib/run.ts';

/** A request that is sent again and again. */
export interface Shot {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface LoadResult {
  /** Answered with success. */
  readonly requests: number;
  /** Not answered, or not with success. */
  readonly failures: number;
  readonly perSecond: number;
  readonly p99Ms: number;
}

/** Sends the request over and over for so long. */
export function load(shot: Shot, seconds: number, connections: number): Promise<LoadResult> {
  return findProgram('wrk') ? loadByWrk(shot, seconds, connections) : loadByNode(shot, seconds, connections);
}

/** Sends the request so many times, one after the other: for what takes so long that a time would cut it off. */
export async function loadCount(shot: Shot, count: number): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true });
  const latencies: number[] = [];
  for (let sent = 0; sent < count; sent += 1) {
    const sentAt = performance.now();
    if (await send(shot, agent)) latencies.push(performance.now() - sentAt);
  }
  agent.destroy();
  return {
    requests: latencies.length,
    failures: count - latencies.length,
    perSecond: (latencies.length * 1000) / latencies.reduce((sum, ms) => sum + ms, 0),
    p99Ms: Math.max(...latencies), // of so few, the slowest
  };
}

async function loadByWrk(shot: Shot, seconds: number, connections: number): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'sg-load-'));
  try {
    const script = join(folder, 'shot.lua');
    writeFileSync(script, renderLua(shot));
    const output = await run('wrk', [
      '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, shot.url,
    ]); // prettier-ignore
    const [, done, failures, elapsedUs, p99Us] = /figures (\d+) (\d+) (\d+) ([\d.]+)/.exec(output) ?? [];
    if (done === undefined) throw new Error(`wrk said nothing of use: ${output}`);
    const requests = Number(done) - Number(failures);
    return {
      requests,
      failures: Number(failures),
      perSecond: requests / (Number(elapsedUs) / 1e6),
      p99Ms: Number(p99Us) / 1000,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function renderLua({ method = 'GET', headers = {}, body }: Shot): string {
  const fields = Object.entries(headers).map(([name, value]) => `wrk.headers[${lua(name)}] = ${lua(value)}`);
  return [
    `wrk.method = ${lua(method)}`,
    ...(body === undefined ? [] : [`wrk.body = ${lua(body)}`]),
    ...fields,
    'function done(summary, latency)',
    '  local e = summary.errors',
    '  print(string.format("figures %d %d %d %f", summary.requests, e.status + e.connect + e.read + e.write + e.timeout, summary.duration, latency:percentile(99)))',
    'end',
  ].join('\n');
}

function lua(text: string): string {
  return `"${text.replaceAll(/[\\"\n]/g, (mark) => (mark === '\n' ? '\\n' : `\\${mark}`))}"`;
}

async function loadByNode(shot: Shot, seconds: number, connections: number): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const begun = performance.now();
  const latencies: number[] = [];
  let failures = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() - begun < seconds * 1000) {
      const sentAt = performance.now();
      if (await send(shot, agent)) latencies.push(performance.now() - sentAt);
      else failures += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  const elapsedSeconds = (performance.now() - begun) / 1000;
  agent.destroy();
  const sorted = latencies.toSorted((a, b) => a - b);
  return {
    requests: sorted.length,
    failures,
    perSecond: sorted.length / elapsedSeconds,
    p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
  };
}

/** Whether the answer is a success, after the whole of it was read. */
export function send({ url, method = 'GET', headers = {}, body }: Shot, agent?: Agent): Promise<boolean> {
  return new Promise((resolve) => {
    const sent = request(
      url,
      { method, headers, timeout: 10_000, ...(agent ? { agent } : {}) },
      (response) => {
        response.resume().on('end', () => resolve((response.statusCode ?? 500) < 400));
        response.on('error', () => resolve(false));
      },
    );
    sent.on('timeout', () => sent.destroy(new Error('no answer')));
    sent.on('error', () => resolve(false));
    sent.end(body);
  });
}
