import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { simulateCompute } from '#/services/ec2/compute-simulation.ts';
import { generateKeys, parsePublicKey } from '#/services/ec2/key-pair/keys.ts';

for (const keyType of ['rsa', 'ed25519'] as const) {
  test(`a generated ${keyType} key pair is one pair, in the forms that ssh reads`, () => {
    const keys = generateKeys(keyType, 'inventory');

    const parsed = parsePublicKey(keys.publicKey);

    assert.equal(createPrivateKey(keys.privateKeyPem).asymmetricKeyType, keyType);
    assert.equal(parsed?.keyType, keyType);
    const { x, n } = createPublicKey(createPrivateKey(keys.privateKeyPem)).export({ format: 'jwk' });
    const blob = Buffer.from(keys.publicKey.split(' ')[1] ?? '', 'base64');
    assert(blob.includes(Buffer.from(x ?? n ?? '', 'base64url')));
  });
}

test('a fingerprint of an imported RSA key is the MD5 that AWS shows', () => {
  const parsed = parsePublicKey(generateKeys('rsa', 'inventory').publicKey);

  assert.match(parsed?.fingerprint ?? '', /^([0-9a-f]{2}:){15}[0-9a-f]{2}$/);
});

test('key pairs are made, found, told to instances and deleted', async () => {
  const sim = await simulateCompute();
  const { ec2 } = sim.call;

  const made = ec2.CreateKeyPair({ KeyName: 'inventory', KeyType: 'ed25519' });
  const id =
    ec2.RunInstances({
      ImageId: sim.imageId,
      InstanceType: 't3.micro',
      SubnetId: sim.subnetIds[0],
      KeyName: 'inventory',
      MinCount: 1,
      MaxCount: 1,
    }).Instances?.[0]?.InstanceId ?? '';
  await sim.settle();
  const told = sim.machines.metadataOf(id)?.metaData['public-keys/0/openssh-key'];
  const listed = ec2.DescribeKeyPairs({ KeyNames: ['inventory'], IncludePublicKey: true }).KeyPairs?.[0];

  assert.match(made.KeyMaterial ?? '', /^-----BEGIN PRIVATE KEY-----/);
  assert.match(made.KeyPairId ?? '', /^key-0[0-9a-f]{16}$/);
  assert.equal(told, `${listed?.PublicKey}\n`);
  assert.throws(() => ec2.CreateKeyPair({ KeyName: 'inventory' }), { code: 'InvalidKeyPair.Duplicate' });
  ec2.DeleteKeyPair({ KeyName: 'inventory' });
  assert.throws(() => ec2.DescribeKeyPairs({ KeyNames: ['inventory'] }), { code: 'InvalidKeyPair.NotFound' });
  await sim.stop();
});

test('what is no key is refused', async () => {
  const sim = await simulateCompute();
  const PublicKeyMaterial = new TextEncoder().encode('ssh-rsa AAAA');

  assert.throws(() => sim.call.ec2.ImportKeyPair({ KeyName: 'bad', PublicKeyMaterial }), {
    code: 'InvalidKey.Format',
  });
  await sim.stop();
});

test('a public key in the form of RFC 4716, or its base64 alone, is the key that OpenSSH writes', () => {
  const { publicKey } = generateKeys('ed25519', 'inventory');
  const [algorithm, base64 = ''] = publicKey.split(' ');
  const lines = base64.match(/.{1,40}/g)?.join('\n') ?? '';
  const headers = 'Subject: me\nComment: "one that \\\ngoes on"\n';
  const ssh2 = `---- BEGIN SSH2 PUBLIC KEY ----\n${headers}${lines}\n---- END SSH2 PUBLIC KEY ----\n`;

  assert.equal(parsePublicKey(ssh2)?.publicKey, `${algorithm} ${base64}`);
  assert.equal(parsePublicKey(base64)?.publicKey, `${algorithm} ${base64}`);
  assert.equal(parsePublicKey('no key at all'), undefined);
});
