import reference from '../reference/data_breakhis.json' with { type: 'json' }

/** Images at 40x, 100x, 200x, 400x of each slide of BreaKHis, and its side in each official fold (T = test). */
export const slides: Readonly<Record<string, { readonly images: readonly number[]; readonly sides: string }>> =
  reference.slides

/** How many images each official fold tests. */
export const testImages: readonly number[] = reference.testImages

/** As many names of each slide and magnification as BreaKHis has, numbered through: Table I without the lists. */
export function namesLikeBreaKHis(): string {
  const names = Object.entries(slides).flatMap(([slide, { images }]) =>
    images.flatMap((n, m) =>
      Array.from(
        { length: n },
        (_, i) => `${slide.replace(/_(?=\d)/, '-')}-${[40, 100, 200, 400][m]}-${String(i + 1).padStart(3, '0')}.png`,
      ),
    ),
  )
  return names.join('\n')
}
