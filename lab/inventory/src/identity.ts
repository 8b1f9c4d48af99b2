/** Which server this is: shown on every page, so that a person sees the load being balanced. */
export interface Identity {
  readonly instanceId: string;
  readonly availabilityZone: string;
}

const metadata = 'http://169.254.169.254/latest';

/** Asks the instance metadata service (version 2); outside of EC2 the server is `local`. */
export async function readIdentity(): Promise<Identity> {
  try {
    const token = await ask('api/token', {
      method: 'PUT',
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '300' },
    });
    const headers = { 'x-aws-ec2-metadata-token': token };
    return {
      instanceId: await ask('meta-data/instance-id', { headers }),
      availabilityZone: await ask('meta-data/placement/availability-zone', { headers }),
    };
  } catch {
    return { instanceId: 'local', availabilityZone: 'local' };
  }
}

async function ask(path: string, init: RequestInit): Promise<string> {
  const response = await fetch(`${metadata}/${path}`, { ...init, signal: AbortSignal.timeout(2_000) });
  if (!response.ok) throw new Error(`the metadata service answered ${response.status}`);
  return response.text();
}
