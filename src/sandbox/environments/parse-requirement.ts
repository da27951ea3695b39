import { HandaxeError } from '../../contracts/errors.ts'
import type { ToolLanguage } from '../../contracts/sandbox.ts'
import { printable } from './printable.ts'

/** A package as asked for, checked: no address, path, repository or option of the installer can hide in it. */
export interface Requirement {
  /** Python: by PEP 503. npm: with its scope. */
  name: string
  /** Python: the extras. */
  extras: string[]
  /** Python: the version specifiers. npm: a range or a tag; empty where any version will do. */
  version: string
  /** Python: the environment marker, or empty. */
  marker: string
  /** In normalised form. */
  text: string
}

const MOST_CHARACTERS = 300
const MOST_PACKAGES = 100

const PYTHON_NAME = '[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?'
const PYTHON_VERSION = '(?:~=|===|==|!=|<=|>=|<|>)[ ]*[0-9A-Za-z](?:[0-9A-Za-z._+!-]*[0-9A-Za-z])?(?:\\.\\*)?'
const PYTHON_REQUIREMENT = new RegExp(
  `^(${PYTHON_NAME})[ ]*(?:\\[[ ]*(${PYTHON_NAME}(?:[ ]*,[ ]*${PYTHON_NAME})*)?[ ]*\\])?[ ]*` +
    `(${PYTHON_VERSION}(?:[ ]*,[ ]*${PYTHON_VERSION})*)?[ ]*(?:;(.*))?$`,
)
// Of PEP 508, without parentheses.
const MARKER_VALUE = '(?:[a-z_]+|"[0-9A-Za-z._ -]*"|\'[0-9A-Za-z._ -]*\')'
const MARKER_TERM = `${MARKER_VALUE}[ ]*(?:~=|===|==|!=|<=|>=|<|>|[ ]in[ ]|[ ]not[ ]+in[ ])[ ]*${MARKER_VALUE}`
const MARKER = new RegExp(`^[ ]*${MARKER_TERM}(?:[ ]+(?:and|or)[ ]+${MARKER_TERM})*[ ]*$`)

const NPM_PART = '[a-z0-9][a-z0-9._~-]*'
const NPM_SPECIFICATION = new RegExp(`^((?:@${NPM_PART}/)?${NPM_PART})(?:@(.*))?$`)
const NPM_COMPARATOR =
  '(?:[~^]|[<>]=?|=)?[ ]?[vV]?(?:[0-9]+|[xX*])(?:[.](?:[0-9]+|[xX*])){0,2}(?:-[0-9A-Za-z.-]+)?(?:[+][0-9A-Za-z.-]+)?'
const NPM_RANGE = new RegExp(`^${NPM_COMPARATOR}(?:(?:[ ]+(?:-[ ]+)?|[ ]*\\|\\|[ ]*)${NPM_COMPARATOR})*$`)
const NPM_TAG = /^[A-Za-z][A-Za-z0-9_-]*$/
// What npm takes for a file, whatever precedes it.
const NPM_FILE = /[.](?:tgz|tar.gz|tar)$/i
const NPM_LONGEST_NAME = 214

/** The name by which PEP 503 compares Python packages; npm names are lower case already. */
export function normalisePackageName(name: string, language: ToolLanguage): string {
  const lower = name.toLowerCase()
  return language === 'python' ? lower.replace(/[-_.]+/g, '-') : lower
}

/** Throws `invalid_arguments` with the reason in `details.reason`: `invalid-requirement`. */
export function parseRequirement(text: string, language: ToolLanguage): Requirement {
  if (text.length > MOST_CHARACTERS) throw refuse(text, `it is longer than ${MOST_CHARACTERS} characters`)
  const trimmed = text.trim()
  const requirement = language === 'python' ? parsePython(trimmed) : parseNpm(trimmed)
  if (requirement === null) throw refuse(text, explain(trimmed), language)
  return requirement
}

/** All of them, without repetitions, sorted. */
export function parseRequirements(texts: string[], language: ToolLanguage): Requirement[] {
  if (texts.length === 0 || texts.length > MOST_PACKAGES) {
    throw new HandaxeError(
      'invalid_arguments',
      `An environment has 1 to ${MOST_PACKAGES} packages, not ${texts.length}`,
      {
        details: { reason: 'invalid-requirement' },
        hint: 'Name the packages that the code imports; what they need comes by itself.',
      },
    )
  }
  const byText = new Map(texts.map((text) => parseRequirement(text, language)).map((one) => [one.text, one]))
  const requirements = [...byText.values()].sort((a, b) => (a.text < b.text ? -1 : 1))
  const twice = requirements.find(
    (one, index) => language === 'javascript' && requirements[index - 1]?.name === one.name,
  )
  if (twice !== undefined) throw refuse(twice.text, 'the package is asked for in two versions', language)
  return requirements
}

function parsePython(text: string): Requirement | null {
  const [, givenName, givenExtras = '', givenVersion = '', givenMarker = ''] = PYTHON_REQUIREMENT.exec(text) ?? []
  if (givenName === undefined) return null
  if (text.includes(';') && !MARKER.test(givenMarker)) return null
  const name = normalisePackageName(givenName, 'python')
  const extras = splitList(givenExtras)
    .map((extra) => normalisePackageName(extra, 'python'))
    .sort()
  const version = splitList(givenVersion).sort().join(',')
  const marker = givenMarker.trim()
  const shown = `${name}${extras.length > 0 ? `[${extras.join(',')}]` : ''}${version}${marker ? `; ${marker}` : ''}`
  return { name, extras, version, marker, text: shown }
}

function parseNpm(text: string): Requirement | null {
  const [, name, version = ''] = NPM_SPECIFICATION.exec(text) ?? []
  if (name === undefined || name.length > NPM_LONGEST_NAME || name === 'node_modules') return null
  const wanted = version.trim()
  if (wanted !== '' && !NPM_RANGE.test(wanted) && !NPM_TAG.test(wanted)) return null
  if (text.endsWith('@') || NPM_FILE.test(wanted)) return null
  return { name, extras: [], version: wanted, marker: '', text: wanted === '' ? name : `${name}@${wanted}` }
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.replaceAll(' ', ''))
    .filter((part) => part !== '')
}

function explain(text: string): string {
  if (text === '') return 'it is empty'
  if (text.startsWith('-')) return 'it is an option, not a package'
  if (/:\/\/|^git[+@:]|\s@\s|^[a-z.]+@[a-z.]+:|@(?:https?|git|file|npm|github|workspace):|^[a-z]+:/i.test(text)) {
    return 'packages come from the configured registry, not from an address, a repository or an alias'
  }
  if (/^[./~\\]|[/\\]|\.(?:whl|zip|tgz|tar|gz)$/i.test(text)) {
    return 'packages come from the configured registry, not from a file or folder'
  }
  return 'it is not a package name with an optional version'
}

function refuse(text: string, reason: string, language: ToolLanguage = 'python'): HandaxeError {
  const example = language === 'python' ? 'tabulate, requests[socks], pandas>=2,<3' : 'is-number, @scope/name, d3@^7'
  return new HandaxeError('invalid_arguments', `'${printable(text, 80)}' cannot be installed: ${reason}`, {
    details: { reason: 'invalid-requirement', package: text.slice(0, MOST_CHARACTERS) },
    hint: `Write it like one of: ${example}`,
  })
}
