import type { ImportCandidate } from '../../../contracts/exchange.ts'
import type { ToolLanguage } from '../../../contracts/sandbox.ts'
import { describeHidden, showInLine } from '../hidden-characters.ts'
import type { ReadRecord } from '../tool-record.ts'
import { toDeclared } from '../tool-record.ts'
import { inspectJavascript } from './inspect-javascript.ts'
import { inspectPython, type Inspection } from './inspect-python.ts'

/** As the library has it. */
const TOOL_NAME = /^(?!.*__v\d+$)[a-z][a-z0-9_]{0,99}$/

export interface CodeFromOutside {
  sourcePath: string
  language: ToolLanguage
  code: string
  /** Whether a Python module of this name lies beside it. */
  isNeighbour?: (name: string) => boolean
}

function inspectCode({ language, code, isNeighbour = () => false }: CodeFromOutside): Inspection {
  return language === 'python' ? inspectPython(code, isNeighbour) : inspectJavascript(code)
}

/** A candidate of code without a record; the reason where nothing in it could be a tool. */
export function createCandidate(source: CodeFromOutside): ImportCandidate | { reason: string } {
  const inspection = inspectCode(source)
  if ('reason' in inspection) return inspection
  const { name, ...found } = inspection
  return assemble(source, { ...(name === undefined ? {} : { name }), declared: {}, changed: null, ...found })
}

/** A candidate of code with a record. What the record says wins nothing over what the code says. */
export function createRecordedCandidate(
  source: CodeFromOutside,
  {
    record,
    changed,
    problems,
    notes,
  }: { record: ReadRecord } & Pick<ImportCandidate, 'changed' | 'problems' | 'notes'>,
): ImportCandidate {
  const inspection = inspectCode(source)
  const found = 'reason' in inspection ? { problems: [`The code ${inspection.reason}.`], notes: [] } : inspection
  const name = 'name' in found && found.name !== undefined ? found.name : record.name
  const renamed =
    name === record.name
      ? []
      : [`Its record calls it ${showInLine(record.name)}, its code ${showInLine(name)}: the code counts.`]
  return assemble(source, {
    name,
    ...(record.whenToUse === undefined ? {} : { whenToUse: record.whenToUse }),
    ...(record.exampleRequests === undefined ? {} : { exampleRequests: record.exampleRequests }),
    declared: toDeclared(record),
    changed,
    problems: [...problems, ...found.problems],
    notes: [...notes, ...renamed, ...found.notes],
  })
}

function assemble(
  { sourcePath, language, code }: CodeFromOutside,
  { name, ...rest }: Omit<ImportCandidate, 'sourcePath' | 'language' | 'code'>,
): ImportCandidate {
  const hidden = describeHidden(code)
  const isNamed = name !== undefined && TOOL_NAME.test(name)
  const badName =
    name === undefined || isNamed
      ? []
      : [`${JSON.stringify(showInLine(name).slice(0, 100))} is no name for a tool: use snake_case.`]
  return {
    sourcePath: showInLine(sourcePath),
    language,
    code,
    ...(isNamed ? { name } : {}),
    ...rest,
    problems: [...new Set([...rest.problems, ...badName, ...hidden.problems])],
    notes: [...rest.notes, ...hidden.notes],
  }
}
