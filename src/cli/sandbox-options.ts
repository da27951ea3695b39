import { HandaxeError } from '../contracts/errors.ts'
import { BACKEND_CHOICES, REQUIREMENT_LEVELS, type BackendChoice, type Requirements } from '../contracts/policy.ts'
import type { OptionValues } from './command.ts'
import { choiceOption, listOption } from './option-values.ts'

/** What the options ask for, over the configuration. Throws `invalid_request`. */
export function sandboxSelection(options: OptionValues): { backend?: BackendChoice; require?: Requirements } {
  const backend = choiceOption(options, 'backend', BACKEND_CHOICES)
  const required = listOption(options, 'require')
  return {
    ...(backend === undefined ? {} : { backend }),
    ...(required.length === 0 ? {} : { require: parseRequirements(required) }),
  }
}

function parseRequirements(texts: string[]): Requirements {
  return Object.fromEntries(texts.map(parseRequirement))
}

function parseRequirement(text: string): [string, string | true] {
  const [name = '', given = 'true'] = text.split('=', 2)
  const levels: readonly (string | true)[] = Object.hasOwn(REQUIREMENT_LEVELS, name)
    ? REQUIREMENT_LEVELS[name as keyof Requirements]
    : []
  const level = levels.find((one) => String(one) === given)
  if (level !== undefined) return [name, level]
  const choices = Object.entries(REQUIREMENT_LEVELS).map(([known, all]) => `${known}=${all.join('|')}`)
  throw new HandaxeError('invalid_request', `--require cannot be ${JSON.stringify(text)}`, {
    hint: `It takes ${choices.join(', ')}`,
  })
}
