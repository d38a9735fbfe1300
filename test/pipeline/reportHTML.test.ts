import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { reportHTML } from '../../src/pipeline/reportHTML.js'
import { reportTitle } from '../../src/pipeline/reportMarkdown.js'
import type { PipelineReport } from '../../src/pipeline/index.js'
import { noLeakage } from '../figures/madeUp.js'
import { madeUpStudy } from '../figures/madeUpStudy.js'

const figures = new Map([
  ['roc', '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><text>"50 %" # & \uD800</text></svg>'],
  ['mistakes', '<svg xmlns="http://www.w3.org/2000/svg" width="2" height="2"/>'],
])

/** The page's tags in order, with their attributes but without the pictures' data. */
const tags = (html: string): string[] => html.replaceAll(/data:[^"]*/g, '').match(/<[a-z!/][^>]*>/gi) ?? []

/** A report in which a name chosen by others stands wherever one can. */
function named(name: string): PipelineReport {
  const { report } = madeUpStudy({ splits: ['patient'], arms: ['esrgan'], images: 12, patients: 3 })
  return {
    ...report,
    protocol: { ...report.protocol, sourceDescription: name, skipped: [name], settings: { [name]: name } },
    leakage: {
      ...noLeakage,
      onBothSides: { ...noLeakage.onBothSides, patients: [{ name, train: 1, test: 1 }] },
      collisions: [{ kind: 'accession', name, members: [name, name], images: 4, acrossSides: true }],
      duplicates: [
        {
          kind: 'bytes',
          images: [name, name],
          turned: false,
          patients: [name],
          labels: ['benign'],
          train: 1,
          test: 1,
          acrossSides: true,
          nested: false,
        },
      ],
    },
  }
}

describe('reportHTML', () => {
  it('is one file that loads and runs nothing', async () => {
    const { report } = madeUpStudy()
    const html = await reportHTML(report, figures, { command: 'esrgan-scnn reproduce', runtime: 'Node 20' })
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/)
    expect(html).toContain("default-src 'none'")
    expect(html).toContain(`<title>${reportTitle(report)}</title>`)
    expect(html).not.toMatch(
      /<(script|link|iframe|object|base|form)|url\(|@import|src="(?!data:image\/svg\+xml,)|href="(?!#)/,
    )
    expect(html.match(/<img /g)).toHaveLength(2)
    // The figure comes back as it was, but for what is no character.
    const [, url] = /<img class="figure-roc" src="data:image\/svg\+xml,([^"]*)"/.exec(html)!
    expect(decodeURIComponent(url!)).toBe(figures.get('roc')!.replace('\uD800', '\uFFFD'))
    // Every section is in the list of contents.
    const links = [...html.matchAll(/<a href="#(section-\d+)">(.*?)<\/a>/g)]
    for (const [, id, title] of links) expect(html).toContain(`<h2 id="${id}">${title}</h2>`)
    expect(links.length).toBe(html.match(/<h2 /g)!.length)
    expect(html).toContain('esrgan-scnn reproduce\n</code></pre>')
  })

  it('marks what must be read first, and wide tables', async () => {
    const html = await reportHTML(madeUpStudy().report, figures)
    expect(html).toContain('<p class="notice"><strong>Synthetic images: ')
    expect(html).toContain('<table class="wide">')
    expect(html).toContain('@page { size: A4;')
    const real = await reportHTML(madeUpStudy({}, { source: 'breakhis' }).report, new Map())
    expect(real).not.toMatch(/<p class="notice">|<img /)
  })

  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '[x](javascript:alert(1))',
    '![x](http://example.org/x.png)',
    'http://example.org www.example.org',
    '&lt;b&gt; &copy; <!-- ',
    '# heading',
    '     code',
    '--- | `a` | ~~b~~ **c** __d__ \\',
    '- a\r\n\r\n# b',
    '1. one',
    '</style></head>',
    '\u202e\u0000\uD800',
  ])('shows %j as text', async (name) => {
    const [html, usual] = await Promise.all([reportHTML(named(name), figures), reportHTML(named('x'), figures)])
    expect(tags(html)).toEqual(tags(usual))
    expect(html).not.toMatch(/href="(?!#)/)
  })

  it('keeps its structure whatever names are', async () => {
    const usual = tags(await reportHTML(named('x'), new Map()))
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.constantFrom(
        '|',
        '<',
        '>',
        '[',
        '](',
        '`',
        '*',
        '_',
        '~~',
        '\\',
        '&#60;',
        '---',
        '\n',
        '  ',
        '\t',
        '://',
        '1.',
        '+',
        '![',
      ),
    )
    const names = fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => pieces.join(''))
    await fc.assert(
      fc.asyncProperty(names, async (name) => {
        fc.pre(name.trim() !== '')
        expect(tags(await reportHTML(named(name), new Map()))).toEqual(usual)
      }),
      { numRuns: 60 },
    )
  })

  it('shows names as they are', async () => {
    const name = 'a|b*c_d<e>f[g](h)`i`\\j&amp;k~~l~~#m http://n www.o'
    const html = await reportHTML(named(name), new Map())
    const text = /<li>(a\|b.*?)<\/li>/.exec(html)![1]!
    const unescaped = text
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&amp;', '&')
    expect(unescaped).toBe(name)
  })
})
