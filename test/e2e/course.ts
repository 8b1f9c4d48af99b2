import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, PutBucketPolicyCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Clients } from './region.ts';
import { zip } from './zip.ts';

/** The user data of the course's own servers, byte for byte. */
export const courseUserData = readFileSync(
  fileURLToPath(new URL('../../src/drivers/machine/linux/fixtures/lab-user-data.sh', import.meta.url)),
  'utf8',
);

/** Puts what the course's user data downloads where it looks for it. */
export async function publishCourse({ s3 }: Clients): Promise<void> {
  const Bucket = 'eu-west-3-tcprod';
  const Key = 'courses/ILT-TF-200-ARCHIT/v7.7.3.prod-f959cb1c/lab-4-HA/scripts/inventory-app.zip';
  assert.ok(courseUserData.includes(`https://${Bucket}.s3.eu-west-3.amazonaws.com/${Key}`));
  await s3.send(
    new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-3' } }),
  );
  await s3.send(
    new PutBucketPolicyCommand({
      Bucket,
      Policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${Bucket}/*` },
        ],
      }),
    }),
  );
  const Body = zip({
    'get-parameters.php':
      "<?php\n$ep = 'DBENDPOINT';\n$db = 'DBNAME';\n$un = 'DBUSERNAME';\n$pw = 'DBPASSWORD';\n",
    'index.php': `<?php
include 'get-parameters.php';
echo json_encode(['answer' => 6 * 7, 'endpoint' => $ep, 'database' => $db, 'user' => $un, 'password' => $pw,
  'hasMysql' => function_exists('mysqli_connect')]);
`,
  });
  await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
}
