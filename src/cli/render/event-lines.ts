import type { RunEvent } from '../../contracts/events.ts'
import type { InspectedFile, Observation } from '../../contracts/run.ts'
import type { Plan, Step } from '../../contracts/plan.ts'
import { hangingText, safeLine, safeText, type Terminal } from '../terminal.ts'
import { clipLines, formatBytes, formatDuration, formatUsd, plural } from './format.ts'

type Colors = Terminal['err']

export interface EventLineOptions {
  colors: Colors
  /** Whole code and output instead of their beginning and end. */
  verbose: boolean
}

/** What a person reads of one event, as lines without a final line feed; empty where there is nothing to say. */
export function renderEvent(event: RunEvent, { colors, verbose }: EventLineOptions): string {
  const mark = (sign: string, text: string): string => `${sign} ${text}`
  const block = (text: string, most: number): string =>
    indent(safeText(verbose ? text : clipLines(text.trimEnd(), most)))
  switch (event.type) {
    case 'run-started':
      return [event.notice, mark(colors.bold('?'), hangingText(event.request))]
        .filter((line) => line !== null)
        .join('\n')
    case 'inputs-inspected':
      return event.files.map((file) => mark(colors.cyan('▪'), describeFile(file, verbose))).join('\n')
    case 'tools-retrieved':
      return mark(colors.cyan('▪'), describeCandidates(event))
    case 'instances-found':
      return mark(
        colors.cyan('▪'),
        `asked for something like it before:${event.scripts.map(({ request }) => `\n    ${safeLine(request)}`).join('')}`,
      )
    case 'plan-ready':
      return `${mark(colors.blue('◆'), `plan (${event.plan.difficulty}): ${safeLine(event.plan.understanding)}`)}${describePlan(event.plan, colors)}`
    case 'step-started':
      return mark(colors.blue('▸'), `${event.stepId} ${event.decision}: ${safeLine(event.goal)}`)
    case 'tests-written':
      return [
        mark(colors.blue('▸'), `${event.stepId} tests for ${event.tool}, written without sight of the code:`),
        ...event.tests.map((test) => `    · ${safeLine(test.name)}`),
        ...event.dropped.map((test) =>
          colors.yellow(`    · dropped: ${safeLine(test.name)}: ${safeLine(test.reason)}`),
        ),
      ].join('\n')
    case 'code-written':
      return `${mark(colors.blue('▸'), `${event.stepId} code (${event.language}${event.attempt > 1 ? `, attempt ${event.attempt}` : ''}):`)}\n${colors.dim(block(event.code, 60))}`
    case 'code-rejected':
      return [
        mark(colors.red('✗'), `${event.stepId} the code is not accepted:`),
        ...event.problems.map((problem) => `    ${hangingText(problem)}`),
      ].join('\n')
    case 'test-passed':
      return mark(colors.green('✓'), `${safeLine(event.test)} ${colors.dim(formatDuration(event.wallMs))}`)
    case 'test-failed':
      return mark(
        event.undecided ? colors.yellow('?') : colors.red('✗'),
        `${safeLine(event.test)}: ${hangingText(event.reason)}`,
      )
    case 'tool-checked':
      return describeCheck(event, colors)
    case 'twin-found':
      return mark(
        colors.green('='),
        `${event.stepId} ${event.tool} is there already: ${event.name} v${event.version} does the same. Nothing is kept: ${hangingText(event.reason)}`,
      )
    case 'tool-saved':
      return mark(
        colors.green('+'),
        `${event.name} v${event.version} ${event.saved ? 'kept in the library' : 'not kept (--no-save)'}, ${plural(event.tests, 'test')} passed`,
      )
    case 'tool-reused':
      return mark(colors.green('↻'), `${event.stepId} reuses ${event.name} v${event.version}: no code is written`)
    case 'execution-finished':
      return describeExecution(event, colors, block)
    case 'model-failed':
      return mark(
        colors.yellow('!'),
        `${event.purpose}: no reply (${hangingText(event.problem)})${describeLoss(event)}`,
      )
    case 'model-called':
      return colors.dim(
        mark(
          '·',
          `${event.purpose}: ${event.model} (${event.tier}), ${event.usage.inputTokens}+${event.usage.outputTokens} tokens, ${event.costUsd === null ? 'price not known' : formatUsd(event.costUsd)}, ${formatDuration(event.wallMs)}`,
        ),
      )
    case 'embedding-called':
      return colors.dim(
        mark(
          '·',
          `search by meaning: ${event.model}${event.problem === null ? '' : ' gave no vectors'}, ${event.usage.inputTokens} tokens, ${event.costUsd === null ? 'price not known' : formatUsd(event.costUsd)}, ${formatDuration(event.wallMs)}`,
        ),
      )
    case 'model-reply-rejected':
      return mark(colors.yellow('!'), `reply not usable (${event.purpose}): ${hangingText(event.problem)}`)
    case 'replanned':
      return mark(colors.yellow('!'), `planning again: ${hangingText(event.reason)}`)
    case 'budget-warned':
      return mark(colors.yellow('!'), `${event.limit}: ${event.used} of ${event.allowed} used`)
    case 'warning':
      return mark(colors.yellow('!'), hangingText(event.message))
    case 'packages-provided':
      return event.reason === null
        ? mark(colors.green('+'), `${safeLine(event.packages.join(', '))} is there now (${event.environment})`)
        : mark(colors.yellow('!'), hangingText(event.reason))
    case 'approval-requested':
    case 'approval-given':
    case 'output':
    case 'answer-delta':
    case 'execution-started':
    case 'step-finished':
    case 'run-finished':
      return ''
  }
}

/** What a call cost that brought nothing. */
function describeLoss({ usage, costUsd }: Extract<RunEvent, { type: 'model-failed' }>): string {
  if (usage === null) return ''
  const sign = usage.reported ? '' : '≈'
  const cost = costUsd === null ? 'price not known' : formatUsd(costUsd)
  return `, ${sign}${usage.inputTokens}+${usage.outputTokens} tokens all the same, ${cost}`
}

/** Beyond that a table fills the screen, and nobody reads it. */
const MOST_COLUMNS = 30

function describeFile(file: InspectedFile, verbose: boolean): string {
  const facts = [formatBytes(file.bytes), file.encoding].filter((fact) => fact !== null)
  if (file.table !== null)
    facts.unshift(`${file.table.rowsAtLeast === true ? 'at least ' : ''}${plural(file.table.rows, 'row')}`)
  const head = `${safeLine(file.name)}: ${file.kind}, ${facts.join(', ')}`
  const all = file.table?.columns.map((column) => `${safeLine(column.name)} ${column.type}`)
  const most = verbose ? Infinity : MOST_COLUMNS
  const count = file.table?.columnCount ?? all?.length ?? 0
  const listed = Math.min(most, all?.length ?? 0)
  const hint = verbose ? '' : ' (--verbose)'
  const more = count > listed ? `, and ${count - listed} more${hint}` : ''
  const columns = all === undefined ? undefined : `${all.slice(0, most).join(', ')}${more}`
  const notes = file.notes.map((note) => `\n    ${safeLine(note)}`).join('')
  const outline = verbose ? (file.outline ?? '').split('\n').map((line) => `\n    ${safeLine(line)}`) : []
  return `${head}${columns === undefined ? '' : `\n    ${columns}`}${notes}${file.outline === undefined ? '' : outline.join('')}`
}

function describeCandidates(event: Extract<RunEvent, { type: 'tools-retrieved' }>): string {
  if (event.total === 0) return 'library: empty'
  if (event.candidates.length === 0) return `library: none of its ${plural(event.total, 'tool')} fits`
  const lines = event.candidates.map((tool) => `\n    ${tool.name} v${tool.version}: ${safeLine(tool.summary)}`)
  return `library: ${event.candidates.length} of ${plural(event.total, 'tool')} shown to the planner${lines.join('')}`
}

function describePlan(plan: Plan, colors: Colors): string {
  if (plan.steps.length === 0) return ' No code is needed.'
  return plan.steps.map((step) => `\n    ${step.id} ${colors.bold(step.decision)} ${describeStep(step)}`).join('')
}

function describeStep(step: Step): string {
  const needs = step.needs.length === 0 ? '' : ` (after ${step.needs.join(', ')})`
  const subject =
    step.decision === 'reuse' ? `${step.tool}: ` : step.decision === 'make' ? `${step.specification.name}: ` : ''
  return `${subject}${safeLine(step.goal)}${needs}`
}

function describeCheck(event: Extract<RunEvent, { type: 'tool-checked' }>, colors: Colors): string {
  const { mutants, repeatedCalls, review, neighbours, stopped = null } = event.checks
  const facts = [
    repeatedCalls === null ? null : `${plural(repeatedCalls, 'call')} the same in two worlds`,
    neighbours.length === 0 ? null : `held against ${plural(neighbours.length, 'neighbour')}`,
    stopped,
    mutants === null ? null : `${mutants.tried - mutants.survived} of ${plural(mutants.tried, 'planted fault')} seen`,
    review === null ? null : `review: ${review.verdict}`,
  ].filter((fact) => fact !== null)
  const good = event.decision === 'admit' && event.findings.length === 0
  const verdict = {
    admit: ' checked',
    reuse: ' is there already',
    'strengthen-tests': '’s tests are too weak',
    refuse: ' is refused',
  }
  const all = facts.length === 0 ? '' : `: ${facts.join(', ')}`
  return [
    `${good ? colors.green('✓') : colors.yellow('!')} ${event.tool}${verdict[event.decision]}${all} ${colors.dim(`(${formatDuration(event.wallMs)})`)}`,
    ...event.findings.map((finding) => indent(safeText(finding))),
  ].join('\n')
}

function describeExecution(
  event: Extract<RunEvent, { type: 'execution-finished' }>,
  colors: Colors,
  block: (text: string, most: number) => string,
): string {
  const { result, observation } = event
  const sign = result.status === 'ok' ? colors.green('✓') : colors.red('✗')
  const lines = [
    `${sign} ${event.stepId} executed: ${result.status}, ${formatDuration(result.usage.wallMs)}`,
    ...describeObservation(observation, block),
  ]
  for (const artifact of result.artifacts)
    lines.push(`    file ${artifact.path} (${artifact.mediaType}, ${formatBytes(artifact.bytes)})`)
  for (const dropped of result.droppedArtifacts)
    lines.push(colors.yellow(`    left out: ${safeLine(dropped.name)} (${dropped.reason})`))
  return lines.join('\n')
}

function describeObservation(observation: Observation, block: (text: string, most: number) => string): string[] {
  const lines: string[] = []
  if (observation.value !== null) lines.push(block(`value ${observation.value}`, 12))
  if (observation.stdout !== '') lines.push(block(observation.stdout, 12))
  if (observation.error !== null) lines.push(block(observation.error, 16))
  for (const surprise of observation.surprises) lines.push(indent(`surprising: ${safeText(surprise)}`))
  return lines
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')
}
