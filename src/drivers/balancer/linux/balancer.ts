import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BalancerDriver, BalancerNode, ObservedNode } from '#/drivers/balancer/driver.ts';
import { askProxy } from '#/drivers/balancer/linux/admin.ts';
import { renderConfig } from '#/drivers/balancer/linux/config.ts';
import { findHealth, type Memory, type TargetMemory } from '#/drivers/balancer/linux/health.ts';
import { isRefusal, planMoves } from '#/drivers/balancer/linux/moves.ts';
import {
  parseServersState,
  parseStat,
  renderState,
  type ServerState,
} from '#/drivers/balancer/linux/state.ts';
import { daemonPids, killDaemon, listDaemons, startDaemon, type Daemon } from '#/drivers/linux/daemon.ts';
import type { Site } from '#/drivers/linux/site.ts';
import { sleep, type Clock } from '#/lib/clock.ts';
import { run } from '#/lib/run.ts';

const lookEveryMs = 250;
const startLimitMs = 10_000;

/**
 * Balancers on HAProxy: for each node one master and its worker inside the node's namespace. They go on without this
 * process. Each node's folder holds the whole desired configuration, so a proxy that starts anew is complete.
 */
export function linuxBalancer({ site, clock }: { site: Site; clock: Clock }): BalancerDriver {
  const root = join(site.stateDir, 'balancers');
  const listeners = new Set<(nodeId: string) => void>();
  /** What each node looked like last, to tell a movement. */
  const lastSeen = new Map<string, string>();
  /** One look or change at a time for each node: both send the proxy commands that build on each other. */
  const turns = new Map<string, Promise<unknown>>();
  let stopLooking: (() => void) | undefined;

  const folderOf = (nodeId: string): string => join(root, nodeId);
  const daemonOf = (nodeId: string): Daemon => ({ site, kind: 'balancer', id: nodeId });

  function inTurn<T>(nodeId: string, work: () => Promise<T>): Promise<T> {
    const turn = (turns.get(nodeId) ?? Promise.resolve()).then(work, work);
    turns.set(nodeId, turn);
    return turn;
  }

  async function apply(node: BalancerNode): Promise<void> {
    const folder = folderOf(node.id);
    const applied = readApplied(folder);
    const running = await readServers(folder);
    const isRunning = running !== undefined && daemonPids(daemonOf(node.id)).length > 0;
    if (!isRunning || applied?.namespace !== node.namespace) return start(node);
    if (renderShape(applied) === renderShape(node)) return move(node, running);
    await reload(node, running);
  }

  async function start(node: BalancerNode): Promise<void> {
    const folder = folderOf(node.id);
    await killDaemon(daemonOf(node.id));
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    for (const socket of ['admin.sock', 'master.sock']) rmSync(join(folder, socket), { force: true });
    rmSync(join(folder, 'memory.json'), { force: true });
    writeFolder(folder, node, []);
    await checkFolder(folder);
    startDaemon(daemonOf(node.id), {
      program: 'haproxy',
      args: ['-W', '-S', 'unix@master.sock', '-f', 'haproxy.cfg'],
      namespace: node.namespace,
      cwd: folder,
      logFile: join(folder, 'haproxy.log'),
    });
    const startedAt = clock.now();
    while ((await readServers(folder)) === undefined) {
      const hasEnded = clock.now() > startedAt + 1_000 && daemonPids(daemonOf(node.id)).length === 0;
      if (hasEnded || clock.now() > startedAt + startLimitMs)
        throw new Error(`the proxy of ${node.id} does not start: ${tail(join(folder, 'haproxy.log'))}`);
      await sleep(clock, 20);
    }
    writeApplied(folder, node);
  }

  async function reload(node: BalancerNode, running: readonly ServerState[]): Promise<void> {
    const folder = folderOf(node.id);
    const before = await readWorker(folder);
    writeFolder(folder, node, running);
    await checkFolder(folder);
    await askProxy(folder, 'master.sock', 'reload', 10_000);
    const deadline = clock.now() + startLimitMs;
    for (;;) {
      const worker = await readWorker(folder);
      if (worker !== undefined && worker !== before) break;
      if (clock.now() > deadline)
        throw new Error(`the proxy of ${node.id} does not reload: ${tail(join(folder, 'haproxy.log'))}`);
      await sleep(clock, 20);
    }
    writeApplied(folder, node);
    const fresh = await readServers(folder);
    if (fresh) await move(node, fresh); // what a changed target group's servers were, the state file has restored
  }

  async function move(node: BalancerNode, running: readonly ServerState[]): Promise<void> {
    const folder = folderOf(node.id);
    const moves = planMoves(node, running);
    if (moves.length === 0 && JSON.stringify(readApplied(folder)) === JSON.stringify(node)) return;
    writeFolder(folder, node, running);
    const memory: Record<string, TargetMemory> = { ...readMemory(folder) };
    for (const { targetGroupId, server, commands, do: kind } of moves) {
      const name = `${targetGroupId}/${server}`;
      if (kind === 'return') memory[name] = comingBack(node, targetGroupId, clock.now());
      else if (kind !== 'drain') delete memory[name];
      for (const command of commands) {
        const answer = await askProxy(folder, 'admin.sock', command);
        if (answer === undefined || isRefusal(command, answer))
          throw new Error(`the proxy of ${node.id} refused '${command}': ${answer?.trim() ?? 'it is gone'}`);
      }
    }
    if (moves.length > 0) writeMemory(folder, memory);
    writeApplied(folder, node);
  }

  /** Looks at the running proxy; brings new targets up on their first success. */
  async function look(nodeId: string): Promise<ObservedNode | undefined> {
    const folder = folderOf(nodeId);
    const node = readApplied(folder);
    if (!node) return existsSync(folder) ? { isRunning: false, targets: [] } : undefined;
    const text = await askProxy(folder, 'admin.sock', 'show stat -1 4 -1').catch(() => undefined);
    if (text === undefined || daemonPids(daemonOf(nodeId)).length === 0)
      return { isRunning: false, targets: [] };
    const before = readMemory(folder);
    const finding = findHealth(node, parseStat(text), before, clock.now());
    for (const name of finding.firstSuccesses)
      await askProxy(folder, 'admin.sock', `set server ${name} health up`);
    if (JSON.stringify(before) !== JSON.stringify(finding.memory)) writeMemory(folder, finding.memory);
    if (finding.firstSuccesses.length > 0) return look(nodeId);
    return { isRunning: true, targets: finding.targets };
  }

  function lookLater(): void {
    if (stopLooking) return;
    stopLooking = clock.after(lookEveryMs, () => {
      void lookAtAll().finally(() => {
        stopLooking = undefined;
        if (listeners.size > 0 || foldersOf(root).length > 0) lookLater();
      });
    });
  }

  /** All at once: a node that does not answer must not hide what happens to the others. */
  async function lookAtAll(): Promise<void> {
    await Promise.all(
      foldersOf(root).map(async (nodeId) => {
        const observed = await inTurn(nodeId, () => look(nodeId)).catch(() => undefined);
        const seen = JSON.stringify([
          observed?.isRunning,
          observed?.targets.map((target) => ({ ...target, sessions: undefined })),
        ]);
        if (lastSeen.get(nodeId) === seen) return;
        lastSeen.set(nodeId, seen);
        for (const listener of listeners) listener(nodeId);
      }),
    );
  }

  async function destroy(nodeId: string): Promise<void> {
    await killDaemon(daemonOf(nodeId));
    rmSync(folderOf(nodeId), { recursive: true, force: true });
    lastSeen.delete(nodeId);
  }

  function list(): readonly string[] {
    return [...new Set([...foldersOf(root), ...listDaemons(site, 'balancer')])];
  }

  return {
    async apply(node) {
      await inTurn(node.id, () => apply(node));
      lookLater();
    },
    inspect: (nodeId) => inTurn(nodeId, () => look(nodeId)),
    destroy: (nodeId) => inTurn(nodeId, () => destroy(nodeId)),
    list: () => Promise.resolve(list()),
    watch(listener) {
      listeners.add(listener);
      lookLater();
      return () => listeners.delete(listener);
    },
    async destroyAll() {
      for (const nodeId of list()) await inTurn(nodeId, () => destroy(nodeId));
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** A target that comes back begins anew; what the proxy last saw of it is from before, until another check is over. */
function comingBack(node: BalancerNode, targetGroupId: string, nowMs: number): TargetMemory {
  const check = node.targetGroups.find(({ id }) => id === targetGroupId)?.healthCheck;
  const longestMs = ((check?.intervalSeconds ?? 0) + (check?.timeoutSeconds ?? 0)) * 1000;
  return { isDecided: false, failingSinceMs: undefined, checkedAnewFromMs: nowMs + longestMs };
}

/** Everything of a node that needs a reload when it changes: all but its targets. */
function renderShape(node: BalancerNode): string {
  return JSON.stringify({
    ...node,
    targetGroups: node.targetGroups.map((group) => ({ ...group, targets: [] })),
  });
}

async function readServers(folder: string): Promise<readonly ServerState[] | undefined> {
  const text = await askProxy(folder, 'admin.sock', 'show servers state').catch(() => undefined);
  return text === undefined ? undefined : parseServersState(text);
}

/** The process id of the worker that answers now. */
async function readWorker(folder: string): Promise<string | undefined> {
  const info = await askProxy(folder, 'admin.sock', 'show info').catch(() => undefined);
  return info?.match(/^Pid: (\d+)$/m)?.[1];
}

function writeFolder(folder: string, node: BalancerNode, running: readonly ServerState[]): void {
  const files = new Map(renderConfig(node)).set('servers.state', renderState(node, running));
  for (const [name, text] of files) writeWhole(join(folder, name), text);
}

async function checkFolder(folder: string): Promise<void> {
  await run('haproxy', ['-c', '-q', '-f', 'haproxy.cfg'], { cwd: folder });
}

function readApplied(folder: string): BalancerNode | undefined {
  // Written by this driver only.
  return readJson(join(folder, 'node.json')) as BalancerNode | undefined;
}

function writeApplied(folder: string, node: BalancerNode): void {
  writeWhole(join(folder, 'node.json'), JSON.stringify(node));
}

function readMemory(folder: string): Memory {
  return (readJson(join(folder, 'memory.json')) as Memory | undefined) ?? {}; // written by this driver only
}

function writeMemory(folder: string, memory: Memory): void {
  writeWhole(join(folder, 'memory.json'), JSON.stringify(memory));
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // not written yet, or cut off by a crash of the host: as if it were the first time
  }
}

/** Replaces a file as one step. */
function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

function foldersOf(root: string): readonly string[] {
  return existsSync(root) ? readdirSync(root) : [];
}

/** The last words of a log, for an error's message. */
function tail(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').slice(-600).trim() : 'it said nothing';
}
