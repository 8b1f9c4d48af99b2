import type { ResourceProvider } from '#/services/contract.ts';

/** `AWS::EC2::KeyPair`. The private key of a generated pair goes to Parameter Store, as AWS does it. */
export const keyPairProvider: ResourceProvider = {
  type: 'AWS::EC2::KeyPair',
  create(properties, { call, tags }) {
    // The template was checked against the resource's schema.
    const p = properties as {
      KeyName: string;
      KeyType?: 'rsa' | 'ed25519';
      PublicKeyMaterial?: string;
      Tags?: { Key: string; Value: string }[];
    };
    const joined = [...Object.entries(tags).map(([Key, Value]) => ({ Key, Value })), ...(p.Tags ?? [])];
    const TagSpecifications = [{ ResourceType: 'key-pair' as const, Tags: joined }];
    if (p.PublicKeyMaterial !== undefined) {
      call.ec2.ImportKeyPair({
        KeyName: p.KeyName,
        PublicKeyMaterial: new TextEncoder().encode(p.PublicKeyMaterial),
        TagSpecifications,
      });
      return p.KeyName;
    }
    const { KeyPairId, KeyMaterial = '' } = call.ec2.CreateKeyPair({
      KeyName: p.KeyName,
      KeyType: p.KeyType ?? 'rsa',
      TagSpecifications,
    });
    call.ssm.PutParameter({ Name: `/ec2/keypair/${KeyPairId}`, Value: KeyMaterial, Type: 'SecureString' });
    return p.KeyName;
  },
  stability: () => ({ state: 'stable' }),
  delete(keyName, { call }) {
    const { KeyPairId } = call.ec2.DeleteKeyPair({ KeyName: keyName });
    if (KeyPairId !== undefined) call.ssm.DeleteParameters({ Names: [`/ec2/keypair/${KeyPairId}`] });
  },
  attributes(keyName, { call }) {
    const [keyPair] = call.ec2.DescribeKeyPairs({ KeyNames: [keyName] }).KeyPairs ?? [];
    return { KeyPairId: keyPair?.KeyPairId, KeyFingerprint: keyPair?.KeyFingerprint };
  },
};
