import type { CommandSpecification, OptionSpecification } from '../command.ts'
import { GLOBAL_OPTIONS } from '../parse-command-line.ts'

const EXIT_CODES = `Exit codes
  0 success             1 the task failed       2 usage, bad input
  3 key missing         4 no sandbox            5 budget used up
  6 timeout             7 model unavailable     8 store
  70 internal error     130 interrupted`

/** The overview: all commands, or those of one group such as `tools`. */
export function renderOverview(commands: CommandSpecification[], group: string | null): string {
  const shown = group === null ? commands : commands.filter((command) => command.name.startsWith(`${group} `))
  const rows = shown.map((command): [string, string] => [
    `${command.name} ${command.positionals}`.trim(),
    command.summary,
  ])
  const head =
    group === null
      ? 'handaxe: an agent that makes its own tools\n\nUsage: handaxe COMMAND [OPTIONS]'
      : `Usage: handaxe ${group} COMMAND [OPTIONS]`
  const foot = group === null ? `\n\n${EXIT_CODES}\n\nhandaxe COMMAND --help shows the options of a command.` : ''
  return `${head}\n\nCommands\n${renderTable(rows)}${foot}\n`
}

export function renderCommandHelp(command: CommandSpecification): string {
  const parts = [
    `handaxe ${command.name}: ${command.summary}`,
    `Usage: handaxe ${command.name} ${command.options.length > 0 ? '[OPTIONS] ' : ''}${command.positionals}`.trimEnd(),
    `Options\n${renderTable([...command.options, ...GLOBAL_OPTIONS].map((option) => [optionLabel(option), option.summary]))}`,
  ]
  if (command.notes !== undefined) parts.push(command.notes)
  parts.push(`Examples\n${command.examples.map((example) => `  ${example}`).join('\n')}`)
  return `${parts.join('\n\n')}\n`
}

function optionLabel(option: OptionSpecification): string {
  const short = option.short === undefined ? '    ' : `-${option.short}, `
  return `${short}--${option.name}${option.value === undefined ? '' : ` ${option.value}`}`
}

function renderTable(rows: [string, string][]): string {
  const width = Math.min(34, Math.max(...rows.map(([left]) => left.length)))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n')
}
