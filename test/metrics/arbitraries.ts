import fc from 'fast-check'

/** Labels with both classes and scores with many ties; no two distinct scores are so close that a map merges them. */
export const bothClasses: fc.Arbitrary<{ labels: number[]; scores: number[] }> = fc
  .array(fc.record({ label: fc.constantFrom(0, 1), score: fc.integer({ min: -20, max: 20 }) }), {
    minLength: 2,
    maxLength: 60,
  })
  .map((items) => ({ labels: items.map((item) => item.label), scores: items.map((item) => item.score / 4) }))
  .filter(({ labels }) => labels.includes(0) && labels.includes(1))
