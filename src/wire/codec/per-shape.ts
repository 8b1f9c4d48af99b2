import type { Shape } from '#/wire/model.ts';

/**
 * Makes a function for each shape once, when it is first used. `make` may ask for the functions of shapes that
 * refer back to the one being made.
 */
export function perShape<Codec extends (...args: never[]) => unknown>(
  make: (shape: Shape, of: (shape: Shape) => Codec) => Codec,
): (shape: Shape) => Codec {
  const codecs = new WeakMap<Shape, Codec>();
  function of(shape: Shape): Codec {
    const known = codecs.get(shape);
    if (known) return known;
    let made: Codec | undefined;
    const late = ((...args) => {
      if (!made) {
        made = make(shape, of);
        codecs.set(shape, made);
      }
      return made(...args);
    }) as Codec; // takes and answers what `made` does
    codecs.set(shape, late);
    return late;
  }
  return of;
}
