/** A small public network with web servers in it, for benchmarks of the real data plane. */
import { aws, regionName } from './region.ts';
import { requireSettings } from '#/server/settings.ts';

export interface WebNetwork {
  readonly vpcId: string;
  /** One in each of two zones; public. */
  readonly subnetIds: readonly string[];
  /** Lets in HTTP, and 8080 beside it. */
  readonly groupId: string;
  readonly imageId: string;
}

export interface WebServer {
  readonly instanceId: string;
  readonly publicAddress: string;
  readonly privateAddress: string;
}

const userData = `#!/bin/bash
dnf install -y httpd
echo '<h1>It works</h1>' > /var/www/html/index.html
systemctl enable --now httpd
`;

export async function makeWebNetwork(): Promise<WebNetwork> {
  const zone = requireSettings(regionName).regionName;
  const { Vpc } = await aws<{ Vpc: { VpcId: string } }>('ec2', 'CreateVpc', { CidrBlock: '10.0.0.0/16' });
  const { VpcId } = Vpc;
  const { InternetGateway } = await aws<{ InternetGateway: { InternetGatewayId: string } }>(
    'ec2',
    'CreateInternetGateway',
    {},
  );
  const { InternetGatewayId } = InternetGateway;
  await aws('ec2', 'AttachInternetGateway', { InternetGatewayId, VpcId });
  const { RouteTables } = await aws<{ RouteTables: { RouteTableId: string }[] }>(
    'ec2',
    'DescribeRouteTables',
    {
      Filters: [{ Name: 'vpc-id', Values: [VpcId] }],
    },
  );
  await aws('ec2', 'CreateRoute', {
    RouteTableId: RouteTables[0]?.RouteTableId,
    DestinationCidrBlock: '0.0.0.0/0',
    GatewayId: InternetGatewayId,
  });
  const subnetIds = [];
  for (const [index, letter] of ['a', 'b'].entries()) {
    const { Subnet } = await aws<{ Subnet: { SubnetId: string } }>('ec2', 'CreateSubnet', {
      VpcId,
      CidrBlock: `10.0.${index}.0/24`,
      AvailabilityZone: `${zone}${letter}`,
    });
    subnetIds.push(Subnet.SubnetId);
  }
  const { GroupId } = await aws<{ GroupId: string }>('ec2', 'CreateSecurityGroup', {
    VpcId,
    GroupName: 'web',
    Description: 'web',
  });
  await aws('ec2', 'AuthorizeSecurityGroupIngress', {
    GroupId,
    IpPermissions: [80, 8080].map((port) => ({
      IpProtocol: 'tcp',
      FromPort: port,
      ToPort: port,
      IpRanges: [{ CidrIp: '0.0.0.0/0' }],
    })),
  });
  const { Images } = await aws<{ Images: { ImageId: string }[] }>('ec2', 'DescribeImages', {
    Owners: ['amazon'],
  });
  return { vpcId: VpcId, subnetIds, groupId: GroupId, imageId: Images[0]?.ImageId ?? '' };
}

/** Asks for an instance whose user data makes it serve a page; answers at once. */
export async function launchWebServer({ subnetIds, groupId, imageId }: WebNetwork): Promise<string> {
  const { Instances } = await aws<{ Instances: { InstanceId: string }[] }>('ec2', 'RunInstances', {
    ImageId: imageId,
    InstanceType: 't3.micro',
    MinCount: 1,
    MaxCount: 1,
    UserData: Buffer.from(userData).toString('base64'),
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        SubnetId: subnetIds[0],
        Groups: [groupId],
        AssociatePublicIpAddress: true,
      },
    ],
  });
  return Instances[0]?.InstanceId ?? '';
}

/** Undefined until the instance is `running`. */
export async function findRunning(instanceId: string): Promise<WebServer | undefined> {
  const { Reservations } = await aws<{
    Reservations: {
      Instances: { State: { Name: string }; PublicIpAddress?: string; PrivateIpAddress?: string }[];
    }[];
  }>('ec2', 'DescribeInstances', { InstanceIds: [instanceId] });
  const found = Reservations[0]?.Instances[0];
  if (found?.State.Name !== 'running') return undefined;
  return {
    instanceId,
    publicAddress: found.PublicIpAddress ?? '',
    privateAddress: found.PrivateIpAddress ?? '',
  };
}
