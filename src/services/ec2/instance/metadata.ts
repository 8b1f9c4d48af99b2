import type { MachineMetadata } from '#/drivers/machine/driver.ts';
import { AwsError } from '#/lib/aws-error.ts';
import { zoneId } from '#/services/ec2/availability-zone/zones.ts';
import type { Dependencies } from '#/services/contract.ts';
import { privateDnsName, publicDnsName } from '#/services/ec2/host-names.ts';
import { interfacesOf, publicAddressOf } from '#/services/ec2/instance/interfaces.ts';
import type { Instance } from '#/services/ec2/instance/resource.ts';
import { keyPairType } from '#/services/ec2/key-pair/resource.ts';
import type { NetworkInterface } from '#/services/ec2/network-interface/resource.ts';
import { securityGroupType } from '#/services/ec2/security-group/resource.ts';
import { subnetType } from '#/services/ec2/subnet/resource.ts';
import { vpcType } from '#/services/ec2/vpc/resource.ts';

/** Keys of a role for a time, as the instance metadata service hands them out. */
export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Where keys of a role come from: IAM's sessions. */
export type RoleCredentialsSource = (
  region: Pick<Dependencies, 'store' | 'clock' | 'random' | 'account'>,
  roleName: string,
  sessionName: string,
  durationSeconds: number,
) => RoleCredentials;

interface Issued {
  readonly roleName: string;
  readonly credentials: RoleCredentials;
  readonly issuedAt: number;
}

const credentialsLifetimeSeconds = 6 * 3_600;
const credentialsRefreshMs = 3_600_000;

/**
 * Makes what the metadata service tells an instance. Keys of its role are renewed each hour, long before they end.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html
 */
export function instanceMetadata(
  dependencies: Dependencies,
  roleCredentials: RoleCredentialsSource,
): (instance: Instance) => MachineMetadata {
  const { store, clock, region, account, call } = dependencies;
  const issued = new Map<string, Issued>();

  return (instance) => {
    const { spec } = instance;
    const interfaces = interfacesOf(store, instance);
    const [primary] = interfaces;
    if (!primary) throw new Error(`the network interface of ${instance.id} is gone`);
    const access = {
      linkId: primary.id,
      tokensRequired: spec.metadataOptions.httpTokens === 'required',
      hopLimit: spec.metadataOptions.httpPutResponseHopLimit,
    };
    if (spec.metadataOptions.httpEndpoint === 'disabled')
      return { ...access, metaData: {}, userData: undefined, identityDocument: {} };
    return {
      ...access,
      metaData: {
        ...instancePaths(instance, primary),
        ...placementPaths(instance),
        ...Object.assign({}, ...interfaces.map(interfacePaths)),
        ...tagPaths(instance),
        ...keyPaths(spec.keyName),
        ...rolePaths(instance),
      },
      userData: spec.userData,
      identityDocument: {
        accountId: account,
        architecture: 'x86_64',
        availabilityZone: spec.availabilityZone,
        billingProducts: null,
        devpayProductCodes: null,
        marketplaceProductCodes: null,
        imageId: spec.imageId,
        instanceId: instance.id,
        instanceType: spec.instanceType,
        kernelId: null,
        pendingTime: isoSeconds(spec.launchedAt),
        privateIp: primary.spec.privateIpAddresses[0],
        ramdiskId: null,
        region,
        version: '2017-09-30',
      },
    };
  };

  function instancePaths({ id, spec }: Instance, primary: NetworkInterface): Record<string, string> {
    const address = primary.spec.privateIpAddresses[0] ?? '';
    const hostname = privateDnsName(address, region);
    return {
      'ami-id': spec.imageId,
      'ami-launch-index': String(spec.launchIndex),
      'ami-manifest-path': '(unknown)',
      'block-device-mapping/ami': 'xvda',
      'block-device-mapping/root': '/dev/xvda',
      hostname,
      'instance-action': 'none',
      'instance-id': id,
      'instance-life-cycle': 'on-demand',
      'instance-type': spec.instanceType,
      'local-hostname': hostname,
      'local-ipv4': address,
      mac: primary.spec.macAddress,
      profile: 'default-hvm',
      'reservation-id': spec.reservationId,
      'security-groups': groupNames(primary).join('\n'),
      'services/domain': 'amazonaws.com',
      'services/partition': 'aws',
      system: 'nitro',
      ...publicPaths(primary),
    };
  }

  function publicPaths(networkInterface: NetworkInterface): Record<string, string> {
    const address = publicAddressOf(store, networkInterface);
    if (address === undefined) return {};
    return { 'public-ipv4': address, 'public-hostname': publicDnsName(address, region) };
  }

  function placementPaths({ spec }: Instance): Record<string, string> {
    return {
      'placement/availability-zone': spec.availabilityZone,
      'placement/availability-zone-id': zoneId(region, spec.availabilityZone),
      'placement/region': region,
    };
  }

  function interfacePaths(networkInterface: NetworkInterface): Record<string, string> {
    const { spec, id } = networkInterface;
    const subnet = store.getAny(subnetType, spec.subnetId);
    const vpcCidrs = store.getAny(vpcType, spec.vpcId)?.spec.cidrBlocks.map(({ cidrBlock }) => cidrBlock);
    const address = spec.privateIpAddresses[0] ?? '';
    const paths: Record<string, string> = {
      'device-number': String(spec.attachment?.deviceIndex ?? 0),
      'interface-id': id,
      'local-hostname': privateDnsName(address, region),
      'local-ipv4s': spec.privateIpAddresses.join('\n'),
      mac: spec.macAddress,
      'owner-id': account,
      'security-group-ids': spec.securityGroupIds.join('\n'),
      'security-groups': groupNames(networkInterface).join('\n'),
      'subnet-id': spec.subnetId,
      'subnet-ipv4-cidr-block': subnet?.spec.cidrBlock ?? '',
      'vpc-id': spec.vpcId,
      'vpc-ipv4-cidr-block': vpcCidrs?.[0] ?? '',
      'vpc-ipv4-cidr-blocks': (vpcCidrs ?? []).join('\n'),
    };
    const publicAddress = publicAddressOf(store, networkInterface);
    if (publicAddress !== undefined) {
      paths['public-ipv4s'] = publicAddress;
      paths['public-hostname'] = publicDnsName(publicAddress, region);
      paths[`ipv4-associations/${publicAddress}`] = address;
    }
    const base = `network/interfaces/macs/${spec.macAddress}`;
    return Object.fromEntries(Object.entries(paths).map(([path, text]) => [`${base}/${path}`, text]));
  }

  function groupNames({ spec }: NetworkInterface): string[] {
    return spec.securityGroupIds.map((id) => store.get(securityGroupType, id)?.spec.groupName ?? id);
  }

  function keyPaths(keyName: string | undefined): Record<string, string> {
    const keyPair = store.list(keyPairType).find(({ spec }) => spec.keyName === keyName);
    return keyPair ? { 'public-keys/0/openssh-key': `${keyPair.spec.publicKey}\n` } : {};
  }

  /** Nothing, when the profile or its role was taken away: AWS then stops to hand out keys as well. */
  function rolePaths(instance: Instance): Record<string, string> {
    const arn = instance.spec.iamInstanceProfileArn;
    if (arn === undefined) return {};
    const profileName = arn.slice(arn.lastIndexOf('/') + 1);
    return ifExists(() => {
      const profile = call.iam.GetInstanceProfile({ InstanceProfileName: profileName }).InstanceProfile;
      const roleName = profile?.Roles?.[0]?.RoleName;
      if (roleName === undefined) return {};
      const { credentials, issuedAt } = credentialsFor(instance.id, roleName);
      const common = { Code: 'Success', LastUpdated: isoSeconds(issuedAt) };
      return {
        'iam/info': renderJson({
          ...common,
          InstanceProfileArn: arn,
          InstanceProfileId: profile?.InstanceProfileId,
        }),
        [`iam/security-credentials/${roleName}`]: renderJson({
          ...common,
          Type: 'AWS-HMAC',
          AccessKeyId: credentials.accessKeyId,
          SecretAccessKey: credentials.secretAccessKey,
          Token: credentials.sessionToken,
          Expiration: isoSeconds(credentials.expiresAt),
        }),
      };
    });
  }

  function credentialsFor(instanceId: string, roleName: string): Issued {
    const earlier = issued.get(instanceId);
    const now = clock.now();
    if (earlier?.roleName === roleName && now - earlier.issuedAt < credentialsRefreshMs) return earlier;
    const credentials = roleCredentials(dependencies, roleName, instanceId, credentialsLifetimeSeconds);
    const latest = { roleName, credentials, issuedAt: now };
    issued.set(instanceId, latest);
    return latest;
  }
}

function ifExists(make: () => Record<string, string>): Record<string, string> {
  try {
    return make();
  } catch (error) {
    if (error instanceof AwsError) return {};
    throw error;
  }
}

function renderJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}

function isoSeconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

function tagPaths({ spec, tags }: Instance): Record<string, string> {
  if (spec.metadataOptions.instanceMetadataTags === 'disabled') return {};
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [`tags/instance/${key}`, value]));
}
