/** What is known of a set of servers over one writer's volume: a cluster, or an instance that stands alone. */
export interface ServersStatus {
  /** Whether the writer's volume has been made. */
  readonly hasVolume: boolean;
  /** The instance that runs (or shall run) on the writer's volume. */
  readonly writer: string | undefined;
  /** Each instance's volume: written down before a server is started on it. */
  readonly volumes: Readonly<Record<string, string>>;
  /** A failover under way. */
  readonly failover: { readonly from: string; readonly to: string } | undefined;
  /** How many of the failovers and restarts asked for have been carried out. */
  readonly failoversDone: number;
  readonly restartsDone: Readonly<Record<string, number>>;
  /** Which of the master passwords the databases have. */
  readonly passwordGeneration: number;
  /** Since when an instance's server runs without answering, in milliseconds since the epoch. */
  readonly silentSince: Readonly<Record<string, number>>;
}

export const noServers: ServersStatus = {
  hasVolume: false,
  writer: undefined,
  volumes: {},
  failover: undefined,
  failoversDone: 0,
  restartsDone: {},
  passwordGeneration: 0,
  silentSince: {},
};
