import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))
const pages = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  'examples/README.md',
  'examples/notebook/README.md',
]

/** The headings' anchors, as GitHub makes them. */
const anchors = (markdown: string): string[] =>
  [...markdown.matchAll(/^#+ +(.+)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

/** Where links and images of a page point to inside the tree, without code. */
function localTargets(markdown: string): string[] {
  const prose = markdown.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '')
  return [...prose.matchAll(/\]\(\s*<?([^)\s>]+)/g), ...prose.matchAll(/\b(?:src|href)="([^"]+)"/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^[a-z]+:/i.test(target))
}

/** Why a target leads nowhere, or undefined. */
function problem(page: string, target: string): string | undefined {
  const [path, anchor] = target.split('#') as [string, string?]
  const file = path === '' ? page : join(dirname(page), decodeURIComponent(path))
  if (file.startsWith('..')) return `${target} is outside the tree`
  if (!existsSync(join(root, file))) return `${target} is not there`
  if (anchor === undefined) return undefined
  const isPage = statSync(join(root, file)).isFile() && file.endsWith('.md')
  return isPage && anchors(readFileSync(join(root, file), 'utf8')).includes(anchor)
    ? undefined
    : `${target} names no heading`
}

describe('links and images of the pages', () => {
  it.each(pages)('%s: all lead to files of the tree', (page) => {
    const targets = localTargets(readFileSync(join(root, page), 'utf8'))
    expect(targets.map((target) => problem(page, target)).filter((text) => text !== undefined)).toEqual([])
  })

  it('are found: links, images, anchors and HTML, but no code and no addresses', () => {
    const text = '[a](b.md#c) ![d](<e.png>) <img src="f.png"> `[g](h)`\n\n```md\n[i](j)\n```\n\n[k](https://l.org)'
    expect(localTargets(text)).toEqual(['b.md#c', 'e.png', 'f.png'])
    expect(pages.flatMap((page) => localTargets(readFileSync(join(root, page), 'utf8'))).length).toBeGreaterThan(10)
    expect(problem('docs/memory.md', 'none.md')).toBe('none.md is not there')
    expect(problem('docs/memory.md', '#how-much-it-takes')).toBeUndefined()
    expect(problem('README.md', 'docs/memory.md#nowhere')).toBe('docs/memory.md#nowhere names no heading')
  })
})
