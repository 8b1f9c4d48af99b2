/**
 * Database servers. The volume (the data) and the server (the compute) are separate, as in Aurora: a volume outlives
 * every server, and a failover starts another server on the writer's volume. At most one server runs on a volume.
 */
export interface DatabaseDriver {
  /** Makes a volume with an empty database system in it. A volume that is there is left alone. */
  createVolume(volume: DatabaseVolume): Promise<void>;
  /** Copies a volume (consistent, also while its server runs). A volume that is there is left alone. */
  copyVolume(fromVolumeId: string, toVolumeId: string): Promise<void>;
  destroyVolume(volumeId: string): Promise<void>;
  listVolumes(): Promise<readonly string[]>;
  /**
   * Makes the server exactly this: starts it on its volume in its role, turns a reader into a writer or to another
   * writer in place. Fencing is the caller's: `kill` the former writer first; a volume that is in use is an error.
   */
  apply(server: DatabaseServer): Promise<void>;
  /** Shuts down cleanly. A server that does not run is left alone. */
  stop(serverId: string): Promise<void>;
  /** Kills every process of the server and answers when all are gone: the fence before a failover. */
  kill(serverId: string): Promise<void>;
  /** Kills the server and removes its files (not the volume). */
  destroy(serverId: string): Promise<void>;
  /** What is there now; undefined when there is no such server. */
  inspect(serverId: string): Promise<ObservedServer | undefined>;
  list(): Promise<readonly string[]>;
  /** Sets the master user's password, through the writer. */
  setPassword(serverId: string, user: string, password: string): Promise<void>;
  /** Calls back when a server started answering or ended. The answer ends it. */
  watch(listener: (serverId: string) => void): () => void;
  destroyAll(): Promise<void>;
}

export interface DatabaseVolume {
  readonly id: string;
  readonly engine: 'mysql' | 'mariadb';
  /** Made when the volume is new: its administrator, who may do all but leave the server. */
  readonly masterUser: string;
  readonly masterPassword: string;
  /** A first database; undefined for none. */
  readonly databaseName: string | undefined;
}

export interface DatabaseServer {
  /** `<db instance id>`, fit for a file name. */
  readonly id: string;
  readonly volumeId: string;
  /** Path of the namespace of its network interface. */
  readonly namespace: string;
  readonly address: string;
  readonly port: number;
  /** The engine's version as the API shows it. A server whose replication depends on its true version reports that. */
  readonly reportedVersion: string;
  readonly role:
    | { readonly type: 'writer' }
    | { readonly type: 'reader'; readonly writerAddress: string; readonly writerPort: number };
  readonly bufferPoolMib: number;
  /** Further server variables (parameter groups). */
  readonly variables: Readonly<Record<string, string>>;
}

export interface ObservedServer {
  readonly isRunning: boolean;
  /** Answers queries. */
  readonly isAccepting: boolean;
  readonly volumeId: string | undefined;
  /** What it does now; undefined when it does not answer. */
  readonly role: 'writer' | 'reader' | undefined;
  /** Whether a reader's replication runs, and how far it is behind. */
  readonly replication:
    | { readonly isRunning: boolean; readonly lagSeconds: number | undefined; readonly writerAddress: string }
    | undefined;
}
