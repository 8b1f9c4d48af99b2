/** Our own bugs, loud: in tests a failure, in the region an InternalError with a request id. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}

/** Closes a switch over a union: a case that was forgotten does not compile. */
export function unreachable(value: never): never {
  throw new Error(`assertion failed: unreachable case ${JSON.stringify(value)}`);
}
