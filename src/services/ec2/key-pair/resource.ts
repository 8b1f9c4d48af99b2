import { resourceType, type Resource } from '#/store/resource.ts';

export type KeyPair = Resource<'AWS::EC2::KeyPair', KeyPairSpec, KeyPairStatus>;

export interface KeyPairSpec {
  readonly keyName: string;
  readonly keyType: 'rsa' | 'ed25519';
  /** One line as in `authorized_keys`. */
  readonly publicKey: string;
  readonly fingerprint: string;
}

/** A key pair has no effect of its own: it is read when an instance is made. */
export type KeyPairStatus = Readonly<Record<string, never>>;

export const keyPairType = resourceType<KeyPair>('AWS::EC2::KeyPair', {
  keyName: ({ spec }) => [spec.keyName],
});
