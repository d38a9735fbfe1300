/** The look of the HTML report, on a screen and on A4. No font and no file from elsewhere. */
export const reportStyle = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 62rem; color: #222; background: white;
  font: 15px/1.5 'DejaVu Sans', Verdana, system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.3; margin: 0 0 1rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; padding-bottom: .25rem; border-bottom: 2px solid #0072B2; }
h3 { font-size: 1rem; margin: 1.75rem 0 .5rem; }
p, ul { margin: .6rem 0; }
ul { padding-left: 1.25rem; }
a { color: #0072B2; }
code, pre { font-family: 'DejaVu Sans Mono', ui-monospace, monospace; font-size: .85em; }
pre { padding: .6rem .8rem; background: #F5F5F5; white-space: pre-wrap; }
nav { columns: 2; font-size: .85rem; margin: 1rem 0 0; padding: .6rem .8rem; background: #F5F5F5; }
nav a { display: block; text-decoration: none; }
.notice { padding: .6rem .8rem; border-left: 4px solid #D55E00; background: #FDF1EA; }
.table { overflow-x: auto; margin: .75rem 0; }
table { border-collapse: collapse; font-size: .8rem; line-height: 1.35; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .5rem; text-align: left; vertical-align: top; border-bottom: 1px solid #DDD; overflow-wrap: normal; }
th { vertical-align: bottom; font-weight: 600; border-bottom: 1.5px solid #767676; }
tbody tr:nth-child(even) { background: #FAFAFA; }
.figure { margin: 1.25rem 0; font-size: .8rem; color: #555; }
.figure img { display: block; max-width: 100%; height: auto; margin-bottom: .35rem; }
.figure br { display: none; }
@page { size: A4; margin: 16mm 13mm 18mm; @bottom-right { content: counter(page) ' / ' counter(pages); font: 8pt sans-serif; color: #767676; } }
@media print {
  body { max-width: none; padding: 0; font-size: 9.5pt; line-height: 1.4; }
  nav { display: none; }
  h2 { margin-top: 9mm; }
  h1, h2, h3, h2 + p { break-after: avoid; }
  p, li { orphans: 3; widows: 3; }
  .table { overflow: visible; }
  table { font-size: 7pt; width: 100%; }
  table.wide { font-size: 5.8pt; }
  table.wide th, table.wide td { padding: .2rem .25rem; }
  thead { display: table-header-group; }
  .table, tr, .figure, pre, .notice { break-inside: avoid; }
  .figure img { max-height: 118mm; }
  .figure img.figure-panel, .figure img.figure-mistakes { max-height: 215mm; }
  a { color: inherit; text-decoration: none; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`
