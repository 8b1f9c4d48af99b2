import { createHash } from 'node:crypto';

/** An image that the region's machines can boot. */
export interface PublicImage {
  /** `ami-…`, the same for a region in each life of it. */
  readonly amiId: string;
  /** As Amazon's images are named, so that filters on names find it. */
  readonly name: string;
  readonly description: string;
  /** The machine driver's name of it. */
  readonly machineImage: string;
  /** ISO 8601. */
  readonly creationDate: string;
  readonly rootDeviceName: string;
  /** Public parameters of Systems Manager that answer its id. */
  readonly ssmParameters: readonly string[];
}

const publicParameters = '/aws/service/ami-amazon-linux-latest';

/** The images of a region. Ids are derived from the region's name: templates that carry one stay valid. */
export function publicImages(region: string): readonly PublicImage[] {
  return [
    {
      amiId: stableImageId(region, 'al2023-compat'),
      name: 'al2023-ami-2023.9.20251117.1-kernel-6.1-x86_64',
      description:
        'Snowglobe compatibility image: a system container that answers as Amazon Linux 2023 (dnf, systemd, httpd)',
      machineImage: 'al2023-compat',
      creationDate: '2025-11-17T00:00:00.000Z',
      rootDeviceName: '/dev/xvda',
      ssmParameters: [
        `${publicParameters}/al2023-ami-kernel-6.1-x86_64`,
        `${publicParameters}/al2023-ami-kernel-default-x86_64`,
        `${publicParameters}/al2023-ami-minimal-kernel-6.1-x86_64`,
        `${publicParameters}/al2023-ami-minimal-kernel-default-x86_64`,
        `${publicParameters}/amzn2-ami-hvm-x86_64-gp2`,
        `${publicParameters}/amzn2-ami-hvm-x86_64-ebs`,
        `${publicParameters}/amzn2-ami-kernel-5.10-hvm-x86_64-gp2`,
      ],
    },
  ];
}

/** The image of an id; undefined when the region has none. `aliases` are foreign ids that stand for the first image. */
export function findImage(
  region: string,
  amiId: string,
  aliases: readonly string[] = [],
): PublicImage | undefined {
  const images = publicImages(region);
  return images.find((image) => image.amiId === amiId) ?? (aliases.includes(amiId) ? images[0] : undefined);
}

function stableImageId(region: string, name: string): string {
  return `ami-0${createHash('sha256').update(`${region} ${name}`).digest('hex').slice(0, 16)}`;
}
