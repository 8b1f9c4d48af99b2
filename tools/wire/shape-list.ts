import type { ShapeRow } from '#/wire/table.ts';

/** Numbers a table's shapes. A shape may refer to itself: its number is known before its row is made. */
export class ShapeList {
  readonly rows: ShapeRow[] = [];
  readonly #indexes = new Map<unknown, number>();

  intern(key: unknown, make: () => ShapeRow): number {
    const known = this.#indexes.get(key);
    if (known !== undefined) return known;
    const index = this.rows.length;
    this.#indexes.set(key, index);
    this.rows.push(['list', 'unit', 0]); // holds the place while its members are numbered
    this.rows[index] = make();
    return index;
  }
}
