/** What one API operation takes and answers, as a handler sees it: required members are there, metadata is not. */
export interface Operation<Input, Output> {
  readonly input: Defined<Input>;
  readonly output: Omit<Output, '$metadata'>;
}

/** An input after validation by the model: a member is either absent or has a value, never `undefined`. */
export type Defined<T> = T extends Date | Uint8Array | Blob | ReadableStream
  ? T
  : T extends readonly (infer Item)[]
    ? Defined<Item>[]
    : T extends object
      ? { [Member in keyof T]: Defined<Exclude<T[Member], undefined>> }
      : T;

/** The shape of a service's API: operation names to operations. */
export type Api = object;

/** The input of one operation of an API. */
export type InputOf<A, Name extends keyof A> = A[Name] extends Operation<infer _I, infer _O> ? A[Name]['input'] : never;

/** The output of one operation of an API. */
export type OutputOf<A, Name extends keyof A> = A[Name] extends Operation<infer _I, infer _O> ? A[Name]['output'] : never;
