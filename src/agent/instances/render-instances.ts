import type { SolvedScript } from '../../contracts/tool.ts'
import { cutEnd, cutMiddle } from '../../domain/text/cut-middle.ts'
import { fenceCode } from '../text/fence-code.ts'
import { renderPrompt } from '../text/load-prompt.ts'
import { toStableJson } from '../../domain/text/to-stable-json.ts'
import { fenceUntrusted, quoteUntrusted } from '../../domain/text/untrusted-text.ts'

/** Of each program: enough to see what it computes, too little to be a burden where it is of no use. */
const REQUEST_CHARACTERS = 400
const CODE_CHARACTERS = 2000
const VALUE_CHARACTERS = 400
const FILES = 5

/** Programs that solved similar requests, as the planner is shown them; empty where there are none. */
export function renderInstances(scripts: readonly SolvedScript[]): string {
  if (scripts.length === 0) return ''
  return renderPrompt('earlier-programs', {
    PROGRAMS: scripts.map((script, index) => renderScript(script, instanceLabel(index))).join('\n\n'),
  })
}

/** What the planner calls a program: an id of a run would make every prompt another one, which no recording could answer. */
export function instanceLabel(index: number): string {
  return `p${index + 1}`
}

function renderScript({ request, language, code, value, files }: SolvedScript, id: string): string {
  const names = files
    .slice(0, FILES)
    .map(({ name, description }) => `${quoteUntrusted(name)} (${describe(description)})`)
  return [
    `Program \`${id}\`, for the request ${quoteUntrusted(cutEnd(request, REQUEST_CHARACTERS))}`,
    names.length === 0 ? 'It read no files.' : `It read ${names.join(', ')}.`,
    fenceUntrusted(`program ${id}`, fenceCode(cutMiddle(code, CODE_CHARACTERS), language)),
    `It gave ${fenceUntrusted(`value of ${id}`, cutMiddle(toStableJson(value), VALUE_CHARACTERS))}`,
  ].join('\n')
}

/** The fingerprint at its end is for the host. */
function describe(description: string): string {
  return quoteUntrusted(cutEnd(description.replace(/; fingerprint [0-9a-f]+$/, ''), 200))
}
