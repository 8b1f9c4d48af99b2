import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Checksums, crc32c, crc64 } from '#/drivers/objects/checksum.ts';

const digits = Buffer.from('123456789'); // the check input of the CRC catalogue

test('CRC-32C and CRC-64/NVME give the catalogue values, in one piece and in two', () => {
  assert.equal(crc32c(digits), 0xe3069283);
  assert.equal(crc64(digits), 0xae8b14860a799888n);
  assert.equal(crc32c(digits.subarray(4), crc32c(digits.subarray(0, 4))), 0xe3069283);
  assert.equal(crc64(digits.subarray(4), crc64(digits.subarray(0, 4))), 0xae8b14860a799888n);
});

test('an empty blob has the well-known digests', () => {
  const { md5Hex, checksums } = new Checksums().finish();

  assert.equal(md5Hex, 'd41d8cd98f00b204e9800998ecf8427e');
  assert.equal(checksums.CRC32, 'AAAAAA==');
  assert.equal(checksums.SHA256, '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=');
});
