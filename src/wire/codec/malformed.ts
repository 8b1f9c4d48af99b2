/**
 * A part of a request cannot be read as what the model says it is: `abc` for an integer. The protocol decides
 * how the caller is told (see `http/faults.ts`).
 */
export class Malformed extends Error {
  /** `integer`, `boolean`, `timestamp` … */
  readonly expected: string;
  /** Where, in the spelling of the request: `Filter.1.Value`. */
  readonly path: string;
  readonly found: string;

  constructor(expected: string, path: string, found: string) {
    super(`${path} should be of type ${expected} and is ${found}`);
    this.name = 'Malformed';
    this.expected = expected;
    this.path = path;
    this.found = found;
  }
}
