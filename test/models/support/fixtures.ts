import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..', '..', 'fixtures', 'models')

export function fixture(name: string): string {
  return readFileSync(join(folder, name), 'utf8')
}

/** What every fixture says (see its README). */
export const FIXTURE_PIECES = [
  'Grüße 👋 ',
  '— here:\n\n',
  '```python\n',
  'def mean(values: list[float]) -> float:\n',
  '    return sum(values) / len(values)\n',
  '```\n',
]
export const FIXTURE_TEXT = FIXTURE_PIECES.join('')
export const FIXTURE_REASONING = 'Mean of the values.'

/** The same bytes with every piece of the text taken out: a reply that says nothing. */
export function withoutText(body: string): string {
  return FIXTURE_PIECES.reduce((rest, piece) => rest.replaceAll(JSON.stringify(piece).slice(1, -1), ''), body)
}

/** Without the events that report the usage. */
export function withoutUsage(body: string): string {
  return body
    .split(/(?<=\r?\n\r?\n)/)
    .filter((event) => !event.includes('"usage":{'))
    .join('')
}
