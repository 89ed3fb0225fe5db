import type { Evidence } from '../../contract/evidence.ts'
import type { Section } from './evidence-section.ts'
import { evidenceSections, evidenceTitle } from './evidence-sections.ts'

/** One page that needs nothing else, and prints. @param checksum of the package’s JSON */
export const evidenceHtml = (evidence: Evidence, checksum: string): string => {
  const title = html(evidenceTitle(evidence))
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>${STYLE}</style>
<h1 class="${evidence.verdict.outcome}">${title}</h1>
${evidenceSections(evidence).map(htmlSection).join('\n')}
<footer>${html(footer(evidence, checksum))}</footer>
</html>
`
}

const STYLE = `
body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem; font: 15px/1.5 system-ui, sans-serif; color: #16191f; }
h1 { padding-left: .75rem; border-left: .5rem solid #5f6b7a; } h1.pass { border-color: #037f0c; } h1.fail { border-color: #d91515; }
h2 { margin: 2rem 0 .5rem; font-size: 1.15rem; }
table { width: 100%; border-collapse: collapse; font-size: 13px; }
th, td { padding: .3rem .5rem; border-bottom: 1px solid #d5dbdb; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
footer { margin: 2rem 0; color: #5f6b7a; font-size: 13px; overflow-wrap: anywhere; }
@media print { body { margin: 0; max-width: none; } tr { break-inside: avoid; } h2 { break-after: avoid; } }
`

const htmlSection = ({ title, text, table }: Section): string => {
  const cells = (tag: string, row: readonly string[]) =>
    `<tr>${row.map((cell) => `<${tag}>${html(cell)}</${tag}>`).join('')}</tr>`
  return [
    `<h2>${html(title)}</h2>`,
    ...text.map((line) => `<p>${html(line)}</p>`),
    ...(table
      ? [
          '<table>',
          `<thead>${cells('th', table.columns)}</thead>`,
          `<tbody>${table.rows.map((row) => cells('td', row)).join('\n')}</tbody>`,
          '</table>',
        ]
      : []),
  ].join('\n')
}

const html = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** For a pull request. */
export const evidenceMarkdown = (evidence: Evidence, checksum: string): string =>
  [
    `# ${markdown(evidenceTitle(evidence))}`,
    ...evidenceSections(evidence).flatMap(markdownSection),
    `*${markdown(footer(evidence, checksum))}*`,
    '',
  ].join('\n\n')

const markdownSection = ({ title, text, table }: Section): string[] => {
  const line = (cells: readonly string[]) => `| ${cells.map(markdown).join(' | ')} |`
  return [
    `## ${title}`,
    ...text.map(markdown),
    ...(table
      ? [[line(table.columns), line(table.columns.map(() => '---')), ...table.rows.map(line)].join('\n')]
      : []),
  ]
}

/** Paths and endpoints come from the traffic: they must not become markup. */
const markdown = (text: string): string =>
  text === '---'
    ? text
    : text.replace(/[\\`*_{}[\]<>|#]/g, (character) => `\\${character}`).replace(/[\r\n]+/g, ' ')

const footer = ({ schema, createdAt, deployment }: Evidence, checksum: string): string =>
  `${schema}, made by ${deployment} at ${createdAt}. SHA-256 of its JSON: ${checksum}`
