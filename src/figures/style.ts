import type { Config } from 'vega-lite'

/** The font of every figure; `src/node/rasterize.ts` brings its files along. */
export const font = 'DejaVu Sans'

/** Colours that stay apart for colour-blind readers: Okabe and Ito's, and a purple of Paul Tol's. */
export const colours = {
  blue: '#0072B2',
  orange: '#D55E00',
  green: '#009E73',
  purple: '#AA4499',
  grey: '#767676',
  ink: '#222222',
  line: '#DDDDDD',
} as const

/** Colours of several curves, in their order. */
export const series: readonly string[] = [colours.blue, colours.orange, colours.green, colours.purple]

/** The colour of each class. */
export const classColours: Readonly<Record<'benign' | 'malignant', string>> = {
  benign: colours.blue,
  malignant: colours.orange,
}

/** The look of every chart. */
export const chartConfig: Config = {
  font,
  background: 'white',
  padding: 16,
  view: { stroke: colours.line },
  title: {
    anchor: 'start',
    frame: 'group',
    fontSize: 15,
    fontWeight: 'bold',
    color: colours.ink,
    subtitleFontSize: 10,
    subtitleColor: colours.grey,
    subtitlePadding: 5,
    subtitleLineHeight: 14,
    offset: 12,
  },
  axis: {
    labelFontSize: 11,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    titlePadding: 8,
    labelColor: colours.ink,
    titleColor: colours.ink,
    gridColor: '#EEEEEE',
    domainColor: colours.grey,
    tickColor: colours.grey,
  },
  legend: { labelFontSize: 11, labelLimit: 0, labelColor: colours.ink, symbolSize: 90, symbolStrokeWidth: 2 },
  header: { labelFontSize: 11, labelFontWeight: 'bold', labelColor: colours.ink, title: null },
}
