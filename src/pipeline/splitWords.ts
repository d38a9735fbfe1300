/** The number of an official fold, or undefined for another split. */
function officialFold(split: string): string | undefined {
  return split.startsWith('official:') ? split.slice('official:'.length) : undefined
}

/** A split's name in a few words, for titles and tables: `patient split`, `official fold 3`. */
export function splitWords(split: string): string {
  const fold = officialFold(split)
  return fold === undefined ? `${split} split` : `official fold ${fold}`
}

/** What a split keeps together, for the protocol. */
export function splitSentence(split: string): string {
  const fold = officialFold(split)
  if (fold !== undefined)
    return `official fold ${fold} of BreaKHis (Spanhol et al. 2016; no slide on both sides, but see the leakage below)`
  if (split === 'image') return 'image (the paper’s; it puts images of one patient on both sides)'
  if (split === 'accession') return 'accession (no patient on both sides, nor two ids of one accession number)'
  return `${split} (no patient on both sides)`
}
