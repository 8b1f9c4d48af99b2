/**
 * The caller's fault, as AWS says it. Each service names its own in `errors.ts`, one function per code.
 * `code` is the wire code of a query API (`InvalidVpcID.NotFound`) or the modelled shape's name
 * (`ResourceNotFoundException`); the wire layer knows from the model how a protocol spells it.
 */
export class AwsError extends Error {
  readonly code: string;
  /** HTTP status; when absent the model's, else 400. */
  readonly status: number | undefined;
  /** Further members of a modelled error's shape. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    options: { status?: number; details?: Record<string, unknown> } = {},
  ) {
    super(message);
    this.name = 'AwsError';
    this.code = code;
    this.status = options.status;
    this.details = options.details ?? {};
  }
}
