import type { NamesDriver, NamesView } from '#/drivers/names/driver.ts';

/** The name server's twin without a server: remembers the views, answers nobody. */
export function memoryNames(): NamesDriver & { readonly views: ReadonlyMap<string, NamesView> } {
  const views = new Map<string, NamesView>();
  return {
    views,
    async prepare() {},
    async apply(view) {
      views.set(view.id, view);
    },
    async remove(viewId) {
      views.delete(viewId);
    },
    async list() {
      return [...views.keys()];
    },
    async destroyAll() {
      views.clear();
    },
  };
}
