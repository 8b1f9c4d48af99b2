/** Tags of a resource: key to value. */
export type Tags = Readonly<Record<string, string>>;

/**
 * One resource as the region remembers it. Operations write the spec (the wish), the one controller of the kind
 * writes the status (the finding). Records are immutable: a change makes a new one.
 */
export interface Resource<Kind extends string = string, Spec = unknown, Status = unknown> {
  readonly kind: Kind;
  readonly id: string;
  readonly spec: Spec;
  readonly status: Status;
  /** Grows by one with each new spec; a status says which generation it speaks of where that matters. */
  readonly generation: number;
  /** The wish to be gone. Hidden from `get` and `list`; its controller removes it when the data plane has let go. */
  readonly deleting: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly tags: Tags;
}

/** The handle of a kind: what the store needs to know of it. */
export interface ResourceType<R extends Resource> {
  /** The CloudFormation type name, `AWS::EC2::VPC`. */
  readonly kind: R['kind'];
  /** Names of look-up keys, and which values a resource has for each. */
  readonly indexes: Readonly<Record<string, (resource: R) => readonly string[]>>;
}

/** Defines a kind. Declare it once beside the nouns: `export const vpcType = resourceType<Vpc>('AWS::EC2::VPC')`. */
export function resourceType<R extends Resource>(
  kind: R['kind'],
  indexes: Readonly<Record<string, (resource: R) => readonly string[]>> = {},
): ResourceType<R> {
  return { kind, indexes };
}

/** One resource's change in a committed transaction; absent `before` means created, absent `after` removed. */
export interface Change {
  readonly kind: string;
  readonly id: string;
  readonly before: Resource | undefined;
  readonly after: Resource | undefined;
}
