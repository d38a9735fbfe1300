import { printable } from '../errors.js'

/**
 * Text that cannot break a table, start markup or become a link: names of images and folders are chosen by others. Control
 * characters are shown as `\x1b`.
 */
export const plain = (text: string): string =>
  printable(text.replaceAll(/[\r\n]+/g, ' '))
    .replaceAll(/^ +| +$/g, '')
    .replaceAll(/[|*_<>[\]`\\&~#]|:(?=\/\/)|(?<=www)\./gi, '\\$&')
    .replace(/^[-+](?=[\s-]|$)|(?<=^\d{1,9})[.)](?=\s|$)/, '\\$&')

/** A table. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

/** A number with its noun. */
export const count = (n: number, one: string, many: string = `${one}s`): string => `${n} ${n === 1 ? one : many}`

/** Paragraphs, tables and pictures under one another; what is empty or undefined is left out. */
export const stack = (parts: readonly (string | undefined)[]): string =>
  parts.filter((part) => part !== undefined && part !== '').join('\n\n')

/** A list. */
export const list = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join('\n')
