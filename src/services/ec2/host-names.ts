/** The name that a private address has inside its network: `ip-10-0-0-5.eu-west-3.compute.internal`. */
export function privateDnsName(address: string, region: string): string {
  return `ip-${dashed(address)}.${privateDnsDomain(region)}`;
}

/** The domain of private names, which guests search: `eu-west-3.compute.internal`. */
export function privateDnsDomain(region: string): string {
  // https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html: the oldest region has names without its own.
  return region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`;
}

/** The name of a public address: `ec2-198-18-7-5.eu-west-3.compute.amazonaws.com`. */
export function publicDnsName(address: string, region: string): string {
  const domain = region === 'us-east-1' ? 'compute-1' : `${region}.compute`;
  return `ec2-${dashed(address)}.${domain}.amazonaws.com`;
}

function dashed(address: string): string {
  return address.replaceAll('.', '-');
}
