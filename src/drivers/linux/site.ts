/** Where a region's data plane lives on this host, and the mark by which all of it is found again. */
export interface Site {
  /** The region's name on this host: 1 to 12 of `a-z0-9-`. Part of every namespace, cgroup and device name. */
  readonly name: string;
  /** Files that outlive the region process: sockets, configurations, disks, volumes. Absolute, short. */
  readonly stateDir: string;
  /** Files that regions of this host share: images, the certificate authority that images trust. Absolute. */
  readonly imagesDir: string;
  /** The public addresses guests may be reached at from this host: `198.18.7.0/24`. */
  readonly publicPool: string;
}

/** The name of a network namespace of this region: `sg-<region>-<id>`. */
export function namespaceName(site: Site, id: string): string {
  return `sg-${site.name}-${id}`;
}

/** The path of a network namespace of this region, for `nsenter --net=`. */
export function namespacePath(site: Site, id: string): string {
  return `/run/netns/${namespaceName(site, id)}`;
}
