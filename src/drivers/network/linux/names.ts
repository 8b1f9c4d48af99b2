import { namespaceName, type Site } from '#/drivers/linux/site.ts';
import { ipBatch, namespaceNames } from '#/drivers/network/linux/kernel.ts';

/** The ids of a region's networks, found by the names of their routers' namespaces. */
export function networksOf(site: Site): readonly string[] {
  return idsOf(site, 'vpc-');
}

/** The ids of a region's links, found by the names of their namespaces. */
export function linksOf(site: Site): readonly string[] {
  return idsOf(site, 'eni-');
}

/** Ids have no further dash: the namespaces of a region whose name begins like ours are not ours. */
function idsOf(site: Site, prefix: string): readonly string[] {
  const mark = namespaceName(site, prefix);
  return namespaceNames()
    .filter((name) => name.startsWith(mark) && !name.slice(mark.length).includes('-'))
    .map((name) => `${prefix}${name.slice(mark.length)}`);
}

export function hasNamespace(site: Site, id: string): boolean {
  return namespaceNames().includes(namespaceName(site, id));
}

/** Deletes the namespaces of networks and links; what is gone already is no error. */
export async function deleteNamespaces(site: Site, ids: readonly string[]): Promise<void> {
  const names = new Set(namespaceNames());
  const there = ids.map((id) => namespaceName(site, id)).filter((name) => names.has(name));
  await ipBatch(
    undefined,
    there.map((name) => `netns del ${name}`),
  );
}
