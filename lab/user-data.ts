import { Stack } from 'aws-cdk-lib';
import { UserData } from 'aws-cdk-lib/aws-ec2';
import type { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Database } from './database.ts';

/**
 * What a server does when it first boots: installs Node.js, fetches the application with its own role, learns where
 * the database is, and starts the service.
 */
export function inventoryUserData(code: Asset, database: Database): UserData {
  const { region } = Stack.of(code);
  const secretArn = database.cluster.secret?.secretArn ?? '';
  const userData = UserData.forLinux();
  userData.addCommands(
    'set -eux -o pipefail',
    'dnf update -y',
    'dnf install -y nodejs24 unzip',
    'systemctl enable --now amazon-ssm-agent',
    `export AWS_DEFAULT_REGION=${region}`,
    `aws s3 cp s3://${code.s3BucketName}/${code.s3ObjectKey} /tmp/inventory.zip`,
    'install -d -o ec2-user /opt/inventory',
    'unzip -q -o /tmp/inventory.zip -d /opt/inventory',
    "# The service alone may read the database's password.",
    'umask 077',
    `aws secretsmanager get-secret-value --secret-id ${secretArn} --query SecretString --output text > /opt/inventory/database.json`,
    'chown ec2-user /opt/inventory/database.json',
    'umask 022',
    "cat > /etc/systemd/system/inventory.service <<'UNIT'",
    '[Unit]',
    'Description=Inventory',
    'After=network.target',
    '[Service]',
    'User=ec2-user',
    'AmbientCapabilities=CAP_NET_BIND_SERVICE',
    'Environment=DATABASE_SETTINGS=/opt/inventory/database.json',
    'ExecStart=/usr/bin/node /opt/inventory/inventory.mjs',
    'Restart=on-failure',
    'RestartSec=1',
    '[Install]',
    'WantedBy=multi-user.target',
    'UNIT',
    'systemctl daemon-reload',
    'systemctl enable --now inventory.service',
  );
  return userData;
}
