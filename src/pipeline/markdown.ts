/** Text that cannot break a table or start markup. */
export const plain = (text: string): string => text.replaceAll(/[\r\n]+/g, ' ').replaceAll(/[|*_<>[\]`\\]/g, '\\$&')

/** A table. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

/** A number with its noun. */
export const count = (n: number, one: string, many: string = `${one}s`): string => `${n} ${n === 1 ? one : many}`
