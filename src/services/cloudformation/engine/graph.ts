/** Nodes to the nodes they depend on. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/** The nodes that stand on a cycle or between two, sorted; undefined when there is none. */
export function findCycle(graph: Graph): string[] | undefined {
  const left = new Map([...graph].map(([name, dependencies]) => [name, new Set(dependencies)]));
  for (let removed = true; removed;) {
    removed = false;
    for (const [name, dependencies] of left) {
      const isNeeded = [...left.values()].some((others) => others.has(name));
      const needs = [...dependencies].some((dependency) => left.has(dependency));
      if (needs && isNeeded) continue;
      left.delete(name);
      for (const others of left.values()) others.delete(name);
      removed = true;
    }
  }
  return left.size === 0 ? undefined : [...left.keys()].toSorted();
}
