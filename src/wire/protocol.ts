import type { FormNode } from '#/wire/codec/query.ts';
import type { Model } from '#/wire/model.ts';

/** How a request is spoken, and how it is answered. */
export type Protocol = 'ec2' | 'query' | 'json-1.0' | 'json-1.1' | 'rest-json' | 'rest-xml' | 'cbor';

/** The service a request is for. */
export interface Target {
  readonly model: Model;
  readonly protocol: Protocol;
  /** Undefined for REST services, whose operation is told by method and path. */
  readonly operation: string | undefined;
  /** The parameters of a query protocol. */
  readonly form: FormNode | undefined;
  /** Read already, except for S3. */
  readonly body: Buffer | undefined;
}

/** Whether the service reads its body as a stream and signs it by its own rules. */
export function isS3({ model }: Pick<Target, 'model'>): boolean {
  return model.protocol === 'restXml';
}
