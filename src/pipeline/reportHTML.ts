import type { MarkdownIt } from 'markdown-it'
import { reportMarkdown, reportTitle } from './reportMarkdown.js'
import { reportStyle } from './reportStyle.js'
import type { PipelineReport } from './reportTypes.js'
import type { RunEnvironment } from './runEnvironment.js'
import { figureName } from './sections/figure.js'

/** Tables with more columns than this are printed smaller. */
const manyColumns = 9

/** An SVG file as an address. As the source of an `img` it can run nothing and load nothing. */
const dataURL = (svg: string): string =>
  `data:image/svg+xml,${encodeURIComponent(svg.replaceAll(/\p{Surrogate}/gu, '\uFFFD'))}`

/** How pictures and tables are written: pictures from memory, tables in a box that scrolls where they are wider than the screen. */
function setRules(page: MarkdownIt, figures: ReadonlyMap<string, string>): void {
  page.renderer.rules.image = (tokens, at) => {
    const token = tokens[at]!
    const name = figureName(String(token.attrGet('src') ?? ''))
    const svg = figures.get(name)
    const caption = page.utils.escapeHtml(token.content)
    return svg === undefined
      ? caption
      : `<img class="figure-${page.utils.escapeHtml(name)}" src="${dataURL(svg)}" alt="${caption}">`
  }
  page.renderer.rules.table_open = (tokens, at) => {
    const end = tokens.findIndex(({ type }, i) => i > at && type === 'thead_close')
    const columns = tokens.slice(at, end).filter(({ type }) => type === 'th_open').length
    return `<div class="table"><table${columns > manyColumns ? ' class="wide"' : ''}>\n`
  }
  page.renderer.rules.table_close = () => '</table></div>\n'
}

/** The page's body: sections with an id each, a list of them before the first, and what is bold as a whole as a notice. */
function renderBody(page: MarkdownIt, markdown: string): string {
  const tokens = page.parse(markdown, {})
  const links: string[] = []
  tokens.forEach((token, i) => {
    const inline = tokens[i + 1]
    if (token.type === 'heading_open' && token.tag === 'h2') {
      token.attrSet('id', `section-${links.length + 1}`)
      links.push(`<a href="#section-${links.length + 1}">${page.renderInline(inline!.content)}</a>`)
    }
    const words = inline?.children?.filter(({ content, type }) => type !== 'text' || content !== '') ?? []
    const isBold =
      words[0]?.type === 'strong_open' && words.findIndex(({ type }) => type === 'strong_close') === words.length - 1
    if (token.type === 'paragraph_open' && isBold) token.attrSet('class', 'notice')
    if (token.type === 'paragraph_open' && words[0]?.type === 'image') token.attrSet('class', 'figure')
  })
  const first = tokens.findIndex(({ type, tag }) => type === 'heading_open' && tag === 'h2')
  const render = (from: number, to?: number): string => page.renderer.render(tokens.slice(from, to), page.options, {})
  return `${render(0, first)}<nav>\n${links.join('\n')}\n</nav>\n${render(first)}`
}

/**
 * The report as one self-contained HTML file that loads nothing and runs nothing: the Markdown page, with the figures inside.
 * It prints on A4.
 *
 * @param figures - SVG files by name, as `renderFigures` gives them.
 */
export async function reportHTML(
  report: PipelineReport,
  figures: ReadonlyMap<string, string>,
  environment: RunEnvironment = {},
): Promise<string> {
  const { default: createPage } = await import('markdown-it')
  const page = createPage({ html: false, linkify: false })
  setRules(page, figures)
  const named = { ...report, figures: [...figures.keys()].map((name) => `figures/${name}.svg`) }
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.utils.escapeHtml(reportTitle(report))}</title>
<style>${reportStyle}</style>
</head>
<body>
${renderBody(page, reportMarkdown(named, environment))}</body>
</html>
`
}
