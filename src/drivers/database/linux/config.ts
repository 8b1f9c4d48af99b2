import { createHash } from 'node:crypto';
import type { DatabaseServer } from '#/drivers/database/driver.ts';

/** Where one server's files are. */
export interface ServerPaths {
  /** Configuration, socket, pid file, temporary files: gone with the server. */
  readonly serverDir: string;
  /** The data: outlives every server. */
  readonly dataDir: string;
  /** Statements that run before the first client is let in. */
  readonly initFile: string;
}

/** What a parameter group may not change, because the region relies on it. */
const ownVariables = new Set([
  'basedir',
  'bind_address',
  'character_sets_dir',
  'datadir',
  'gtid_domain_id',
  'gtid_strict_mode',
  'init_file',
  'lc_messages_dir',
  'log_bin',
  'log_error',
  'log_slave_updates',
  'pid_file',
  'plugin_dir',
  'plugin_load',
  'plugin_load_add',
  'port',
  'read_only',
  'relay_log',
  'secure_file_priv',
  'server_id',
  'skip_grant_tables',
  'skip_networking',
  'socket',
  'tmpdir',
  'user',
  'version',
]);

/**
 * The whole configuration of a server. Every server starts read-only: who may write is opened after the start.
 * The reported version is the server's own: a reader gives up global transaction ids, silently, with a writer that
 * reports a version below 10: "Falling back to Using_Gtid=No because master does not support GTIDs".
 */
export function renderConfig(server: DatabaseServer, paths: ServerPaths): string {
  const settings: Record<string, string | number> = {
    datadir: paths.dataDir,
    socket: socketPath(paths.serverDir),
    pid_file: `${paths.serverDir}/pid`,
    tmpdir: `${paths.serverDir}/tmp`,
    secure_file_priv: `${paths.serverDir}/tmp`,
    init_file: paths.initFile,
    bind_address: server.address,
    port: server.port,
    skip_name_resolve: 1,
    character_set_server: 'utf8mb4',
    collation_server: 'utf8mb4_general_ci',
    // Replication: the identity belongs to the data, so that a volume's history stays its own on any server.
    server_id: serverIdOf(server.volumeId),
    log_bin: 'bin',
    log_slave_updates: 1,
    binlog_format: 'ROW',
    binlog_expire_logs_seconds: 86_400,
    max_binlog_size: '64M',
    gtid_strict_mode: 1,
    relay_log: 'relay',
    relay_log_recovery: 1,
    skip_slave_start: 1,
    slave_net_timeout: 5,
    slave_parallel_threads: 2,
    slave_parallel_mode: 'optimistic',
    read_only: 1,
    // An acknowledged commit is on disk, in the log of the engine and in the one that readers follow.
    sync_binlog: 1,
    innodb_flush_log_at_trx_commit: 1,
    // Small: many servers share the host.
    performance_schema: 'OFF',
    innodb_buffer_pool_size: `${server.bufferPoolMib}M`,
    innodb_log_file_size: logFileSize,
    innodb_log_buffer_size: '2M',
    innodb_flush_method: 'fsync',
    // The kernel's rings would be charged to a locked-memory limit that unprivileged users share.
    innodb_use_native_aio: 0,
    innodb_buffer_pool_load_at_startup: 'OFF',
    innodb_buffer_pool_dump_at_shutdown: 'OFF',
    key_buffer_size: '1M',
    aria_pagecache_buffer_size: '4M',
    query_cache_type: 0,
    query_cache_size: 0,
    table_open_cache: 400,
    max_connections: 100,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  return `[mariadbd]\n${[...lines, ...variableLines(server.variables)].join('\n')}\n`;
}

/** The size of the engine's log in the template and in every server: changing it would rewrite it at a start. */
export const logFileSize = '16M';

/** The replication identity of a volume: never 0. */
export function serverIdOf(volumeId: string): number {
  return createHash('sha256').update(volumeId).digest().readUInt32BE(0) || 1;
}

/** The server's own socket, by which only this host's root is let in. */
export function socketPath(serverDir: string): string {
  return `${serverDir}/s`;
}

/** The variables of parameter groups. `loose_`: what this server does not know is a warning, not the end of it. */
function variableLines(variables: Readonly<Record<string, string>>): string[] {
  return Object.entries(variables)
    .map(
      ([name, value]) =>
        [
          name
            .toLowerCase()
            .replaceAll('-', '_')
            .replace(/^loose_/, ''),
          value,
        ] as const,
    )
    .filter(
      ([name, value]) => /^[a-z0-9_]+$/.test(name) && !/[\n\r\0]/.test(value) && !ownVariables.has(name),
    )
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `loose_${name}=${value}`);
}
