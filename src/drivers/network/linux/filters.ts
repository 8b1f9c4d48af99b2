import { nftLoad, nftTable, type Place } from '#/drivers/network/linux/kernel.ts';
import { shortHash } from '#/drivers/network/linux/plan.ts';
import { filterTable } from '#/drivers/network/linux/render.ts';

/**
 * Beside the packet filters stands a table without rules whose comment holds two hashes: of the text that was loaded,
 * and of what the kernel showed afterwards. So an unchanged wish loads nothing, and any change by others is seen.
 */
const markTable = 'vpc_mark';

interface Mark {
  readonly loaded: string;
  readonly shown: string;
}

/** Loads the filters if they are not there already, in one step: no packet meets half of them, no tracked flow ends. */
export async function ensureFilters(router: Place, filters: string): Promise<void> {
  if (await hasFilters(router, filters)) return;
  await nftLoad(router, `add table ip ${filterTable}\ndelete table ip ${filterTable}\n${filters}`);
  const shown = shortHash((await nftTable(router, filterTable)) ?? '');
  await nftLoad(router, renderMark({ loaded: shortHash(filters), shown }));
}

/** Whether exactly these filters were loaded and are still there as they were. */
export async function hasFilters(router: Place, filters: string): Promise<boolean> {
  const mark = parseMark((await nftTable(router, markTable)) ?? '');
  if (mark?.loaded !== shortHash(filters)) return false;
  const shown = await nftTable(router, filterTable);
  return shown !== undefined && shortHash(shown) === mark.shown;
}

function renderMark({ loaded, shown }: Mark): string {
  return `add table ip ${markTable}
delete table ip ${markTable}
table ip ${markTable} {
  comment "${loaded} ${shown}"
}
`;
}

function parseMark(text: string): Mark | undefined {
  const [, loaded, shown] = /comment "(\w+) (\w+)"/.exec(text) ?? [];
  return loaded === undefined || shown === undefined ? undefined : { loaded, shown };
}
