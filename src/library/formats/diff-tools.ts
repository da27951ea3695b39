import { createTwoFilesPatch } from 'diff'
import type { ComparableTool, ToolDifference } from '../../contracts/exchange.ts'
import type { JsonValue } from '../../contracts/json.ts'
import type { ToolTest } from '../../contracts/tool.ts'
import { isJsonObject } from '../is-json-object.ts'
import { compareText } from './compare-text.ts'
import { showHidden, toOneLine } from './hidden-characters.ts'
import { toCanonicalJson } from './json-text.ts'

/** Two codes that have little in common take long to compare line by line. */
const MAXIMUM_MS = 2000
const CONTEXT_LINES = 3
const SHOWN = 100

/**
 * What changed from one set of tools to another, by name: the code as a unified diff, everything else in a line each. A tool
 * without a name is new.
 */
export function diffTools(before: readonly ComparableTool[], after: readonly ComparableTool[]): ToolDifference[] {
  const old = byName(before)
  const now = byName(after)
  const unnamed = after.filter(({ name }) => name === undefined).map((tool) => describeAdded('(no name)', tool))
  const differences = [...new Set([...old.keys(), ...now.keys()])].toSorted(compareText).map((name): ToolDifference => {
    const [left, right] = [old.get(name), now.get(name)]
    if (left === undefined) return right === undefined ? same(name) : describeAdded(name, right)
    return right === undefined ? describeRemoved(name, left) : describeChanged(name, left, right)
  })
  return [...differences, ...unnamed]
}

/** For people: tools that are the same are counted, not shown. */
export function renderDifferences(differences: readonly ToolDifference[]): string {
  const shown = differences.filter(({ change }) => change !== 'same')
  const blocks = shown.map(({ name, change, lines, codeDiff }) => {
    const text = [`${name}: ${change}`, ...lines.map((line) => `  ${line}`)].join('\n')
    return codeDiff === null ? text : `${text}\n${codeDiff.trimEnd()}`
  })
  const count = differences.length - shown.length
  const unchanged = count === 0 ? [] : [`${count} ${count === 1 ? 'tool is' : 'tools are'} the same.`]
  return [...blocks, ...unchanged].join('\n\n')
}

/** Where several have one name, the first. */
function byName(tools: readonly ComparableTool[]): Map<string, ComparableTool> {
  const found = new Map<string, ComparableTool>()
  for (const tool of tools) if (tool.name !== undefined && !found.has(tool.name)) found.set(tool.name, tool)
  return found
}

function same(name: string): ToolDifference {
  return { name, change: 'same', lines: [], codeDiff: null }
}

function describeAdded(name: string, tool: ComparableTool): ToolDifference {
  const tests = tool.tests?.length ?? 0
  const lines = [`${tool.language}, ${countLines(tool.code)} lines, ${tests} ${tests === 1 ? 'test' : 'tests'}`]
  return { name, change: 'added', lines, codeDiff: diffCode(name, { before: '', after: tool.code }) }
}

function describeRemoved(name: string, tool: ComparableTool): ToolDifference {
  return { name, change: 'removed', lines: [`${tool.language}, ${countLines(tool.code)} lines`], codeDiff: null }
}

function describeChanged(name: string, before: ComparableTool, after: ComparableTool): ToolDifference {
  const lines = [
    ...(before.language === after.language ? [] : [`language: ${before.language} → ${after.language}`]),
    ...diffText('when to use', before.whenToUse, after.whenToUse),
    ...diffRequests(before.exampleRequests, after.exampleRequests),
    ...diffParameters(before.inputSchema, after.inputSchema),
    ...diffResult(before.outputSchema, after.outputSchema),
    ...diffTests(before.tests, after.tests),
  ]
  const codeDiff = before.code === after.code ? null : diffCode(name, { before: before.code, after: after.code })
  return lines.length === 0 && codeDiff === null ? same(name) : { name, change: 'changed', lines, codeDiff }
}

function diffCode(name: string, { before, after }: { before: string; after: string }): string {
  const patch = createTwoFilesPatch(`${name} (before)`, `${name} (after)`, before, after, '', '', {
    context: CONTEXT_LINES,
    timeout: MAXIMUM_MS,
  })
  const lines = `${countLines(before)} lines before, ${countLines(after)} after`
  // The library's own first line of equal signs is no part of the format.
  return patch === undefined
    ? `The codes are too different to be compared line by line: ${lines}.`
    : showHidden(patch.replace(/^=+\n/, ''))
}

function diffText(what: string, before: string | undefined, after: string | undefined): string[] {
  if (before === undefined || after === undefined || before === after) return []
  return [`${what}: ${show(before)} → ${show(after)}`]
}

function diffRequests(before: readonly string[] | undefined, after: readonly string[] | undefined): string[] {
  if (before === undefined || after === undefined) return []
  return [
    ...before.filter((request) => !after.includes(request)).map((request) => `request removed: ${show(request)}`),
    ...after.filter((request) => !before.includes(request)).map((request) => `request added: ${show(request)}`),
  ]
}

function diffParameters(before: JsonValue | undefined, after: JsonValue | undefined): string[] {
  if (!isJsonObject(before) || !isJsonObject(after)) return []
  const [old, now] = [propertiesOf(before), propertiesOf(after)]
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((name) => {
    const shown = show(name)
    if (!now.has(name)) return [`parameter removed: ${shown}`]
    if (!old.has(name)) return [`parameter added: ${shown}`]
    return old.get(name) === now.get(name) ? [] : [`parameter changed: ${shown}`]
  })
}

/** As text, with whether it is required. */
function propertiesOf({ properties, required }: { [key: string]: JsonValue }): Map<string, string> {
  if (!isJsonObject(properties)) return new Map()
  const needed = new Set(Array.isArray(required) ? required : [])
  return new Map(
    Object.entries(properties).map(([name, schema]) => [name, `${needed.has(name)} ${toCanonicalJson(schema)}`]),
  )
}

function diffResult(before: JsonValue | undefined, after: JsonValue | undefined): string[] {
  if (before === undefined || after === undefined || toCanonicalJson(before) === toCanonicalJson(after)) return []
  return ['result changed']
}

function diffTests(before: readonly ToolTest[] | undefined, after: readonly ToolTest[] | undefined): string[] {
  if (before === undefined || after === undefined) return []
  const [old, now] = [testsByName(before), testsByName(after)]
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((name) => {
    const [left, right] = [old.get(name), now.get(name)]
    if (right === undefined) return [`test removed: ${show(name)}`]
    if (left === undefined) return [`test added: ${show(name)}`]
    return left === right ? [] : [`test changed: ${show(name)}: ${show(left)} → ${show(right)}`]
  })
}

/** Of tests with one name all, so that none changes unseen. */
function testsByName(tests: readonly ToolTest[]): Map<string, string> {
  const found = new Map<string, string>()
  for (const { name, ...test } of tests) {
    const text = toCanonicalJson(test as unknown as JsonValue)
    found.set(name, found.has(name) ? `${found.get(name)}, ${text}` : text)
  }
  return found
}

function countLines(code: string): number {
  return code === '' ? 0 : code.replace(/\n$/, '').split('\n').length
}

function show(text: string): string {
  const line = toOneLine(text)
  return JSON.stringify(line.length <= SHOWN ? line : `${line.slice(0, SHOWN - 1).toWellFormed()}…`)
}
