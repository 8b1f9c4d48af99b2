/** Makes what is done under one name be done one after the other. */
export function turns() {
  const last = new Map<string, Promise<unknown>>();
  return function inTurn<T>(name: string, action: () => Promise<T>): Promise<T> {
    const mine = (last.get(name) ?? Promise.resolve()).then(action, action);
    const settled = mine
      .catch(() => {}) // the caller hears of it; whoever comes next starts afresh
      .finally(() => {
        if (last.get(name) === settled) last.delete(name);
      });
    last.set(name, settled);
    return mine;
  };
}

/** Does something for each item, a few at a time. */
export async function inParallel<T>(
  width: number,
  items: readonly T[],
  action: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (const item of waiting) await action(item);
    }),
  );
}
