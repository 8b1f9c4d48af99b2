/** The name server that guests ask at their network's base plus two, with a view for each network. */
export interface NamesDriver {
  /** Starts the server if it does not run. */
  prepare(): Promise<void>;
  /** Makes a zone file exactly this; the server answers by it within a moment. */
  apply(view: NamesView): Promise<void>;
  /** Forgets a view. Forgetting what is not there is done already. */
  remove(viewId: string): Promise<void>;
  list(): Promise<readonly string[]>;
  destroyAll(): Promise<void>;
}

/** Names seen by one network's guests, or (id `public`) by all of them and the host. */
export interface NamesView {
  /** `public`, or a network's id: its names win over public ones for its guests. */
  readonly id: string;
  readonly records: readonly NameRecord[];
}

/** One name. Without a trailing dot, lower case. `*.` as first label matches any one or more labels. */
export interface NameRecord {
  readonly name: string;
  readonly ttlSeconds: number;
  readonly data:
    | { readonly type: 'A'; /** Answered in random order. */ readonly addresses: readonly string[] }
    | { readonly type: 'CNAME'; /** One of them is answered. */ readonly targets: readonly string[] }
    /** The address at which guests reach the region's own API and services. */
    | { readonly type: 'region' };
}
