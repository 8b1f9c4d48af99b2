import { resourceId } from '#/lib/random.ts';
import type { Context, Handlers } from '#/services/contract.ts';
import {
  dryRunOperation,
  keyFormatInvalid,
  keyPairDuplicate,
  keyPairNotFound,
} from '#/services/ec2/compute-errors.ts';
import { missingParameter } from '#/services/ec2/errors.ts';
import { filterItems } from '#/services/ec2/filters.ts';
import { tagsOfSpecifications, toTagList } from '#/services/ec2/tags.ts';
import { generateKeys, parsePublicKey } from '#/services/ec2/key-pair/keys.ts';
import { keyPairType, type KeyPair, type KeyPairSpec } from '#/services/ec2/key-pair/resource.ts';
import type { Store } from '#/store/store.ts';
import type { Ec2Api } from '#/wire/api/ec2.ts';

/** The API of key pairs. */
export const keyPairOperations = {
  CreateKeyPair(input, context) {
    const { KeyName: keyName } = input;
    checkFree(context.store, keyName);
    if (input.DryRun) throw dryRunOperation();
    const keyType = input.KeyType === 'ed25519' ? 'ed25519' : 'rsa';
    const { privateKeyPem, publicKey, fingerprint } = generateKeys(keyType, keyName);
    const keyPair = create(
      context,
      { keyName, keyType, publicKey, fingerprint },
      tagsOfSpecifications(input.TagSpecifications, 'key-pair'),
    );
    return { ...toOutput(keyPair), KeyMaterial: privateKeyPem };
  },

  ImportKeyPair(input, context) {
    const { KeyName: keyName } = input;
    checkFree(context.store, keyName);
    const parsed = parsePublicKey(Buffer.from(input.PublicKeyMaterial).toString());
    if (!parsed) throw keyFormatInvalid();
    if (input.DryRun) throw dryRunOperation();
    return toOutput(
      create(context, { keyName, ...parsed }, tagsOfSpecifications(input.TagSpecifications, 'key-pair')),
    );
  },

  DescribeKeyPairs(input, { store }) {
    const wanted = [
      ...(input.KeyNames ?? []).map((name) => requireKeyPair(store, name)),
      ...(input.KeyPairIds ?? []).map((id) => requireKeyPairId(store, id)),
    ];
    const asked = input.KeyNames || input.KeyPairIds ? wanted : store.list(keyPairType);
    const found = filterItems(
      asked,
      input.Filters,
      {
        'key-name': ({ spec }) => [spec.keyName],
        'key-pair-id': ({ id }) => [id],
        fingerprint: ({ spec }) => [spec.fingerprint],
      },
      ({ tags }) => tags,
    );
    return {
      KeyPairs: found.map((keyPair) => ({
        ...toOutput(keyPair),
        KeyType: keyPair.spec.keyType,
        CreateTime: new Date(keyPair.createdAt),
        ...(input.IncludePublicKey ? { PublicKey: keyPair.spec.publicKey } : {}),
      })),
    };
  },

  DeleteKeyPair(input, { store }) {
    if (input.KeyName === undefined && input.KeyPairId === undefined) throw missingParameter('KeyName');
    // Deleting what is not there succeeds: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteKeyPair.html
    const found = store
      .list(keyPairType)
      .find(({ id, spec }) => id === input.KeyPairId || spec.keyName === input.KeyName);
    if (found) store.remove(found);
    return { Return: true, ...(found ? { KeyPairId: found.id } : {}) };
  },
} satisfies Handlers<Ec2Api>;

/** The key pair of a name. */
export function requireKeyPair(store: Store, keyName: string): KeyPair {
  const [found] = store.listBy(keyPairType, 'keyName', keyName);
  if (!found) throw keyPairNotFound(keyName);
  return found;
}

function requireKeyPairId(store: Store, id: string): KeyPair {
  const found = store.get(keyPairType, id);
  if (!found) throw keyPairNotFound(id);
  return found;
}

function checkFree(store: Store, keyName: string): void {
  if (store.listBy(keyPairType, 'keyName', keyName).length > 0) throw keyPairDuplicate(keyName);
}

function create(
  { store, random }: Context,
  spec: KeyPairSpec,
  tags: Readonly<Record<string, string>>,
): KeyPair {
  return store.create(keyPairType, { id: resourceId('key', random), spec, status: {}, tags });
}

function toOutput({ id, spec, tags }: KeyPair): {
  KeyPairId: string;
  KeyName: string;
  KeyFingerprint: string;
  Tags?: { Key: string; Value: string }[];
} {
  return {
    KeyPairId: id,
    KeyName: spec.keyName,
    KeyFingerprint: spec.fingerprint,
    ...(Object.keys(tags).length === 0 ? {} : { Tags: toTagList(tags) }),
  };
}
