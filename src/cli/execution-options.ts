import { HandaxeError } from '../contracts/errors.ts'
import type { JsonObject } from '../contracts/json.ts'
import type { InjectedSecret, NetworkAllowList } from '../contracts/network.ts'
import type { Execution } from '../contracts/sandbox.ts'
import { parseHostRule } from '../util/parse-host-rule.ts'
import type { CommandContext, OptionValues } from './command.ts'
import { limitOptions } from './limit-options.ts'
import { listOption, textOption } from './option-values.ts'
import { parseJson } from '../domain/json/parse-json.ts'

type Call = NonNullable<Execution['call']>
type Part = Pick<Execution, 'environment' | 'network' | 'call' | 'limits'>

/** Reads the options; values of secrets come from the environment. Throws `invalid_request` and `invalid_arguments`. */
export function executionOptions({ options, environment }: Pick<CommandContext, 'options' | 'environment'>): Part {
  const packages = textOption(options, 'environment')
  const network = readNetwork(options, environment)
  const call = readCall(options)
  return {
    limits: limitOptions(options),
    ...(packages === undefined ? {} : { environment: packages }),
    ...(network === null ? {} : { network }),
    ...(call === null ? {} : { call }),
  }
}

function readNetwork(options: OptionValues, environment: CommandContext['environment']): NetworkAllowList | null {
  const hosts = listOption(options, 'network').map(parseHostRule)
  const secrets = listOption(options, 'secret').map((text) => readSecret(text, environment))
  if (hosts.length === 0 && secrets.length === 0) return null
  return { mode: 'allow-list', hosts, ...(secrets.length === 0 ? {} : { secrets }) }
}

/** Repeats nothing of what stands after the equals sign: it may be the secret itself, given by mistake. */
function readSecret(text: string, environment: CommandContext['environment']): InjectedSecret {
  const [, place = '', header, variable] = /^(.+):([!#$%&'*+.^_`|~0-9A-Za-z-]+)=([A-Za-z_]\w*)$/.exec(text) ?? []
  const hint = 'Write HOST:HEADER=VARIABLE, such as api.example.com:Authorization=API_AUTHORIZATION'
  if (header === undefined || variable === undefined) {
    throw new HandaxeError('invalid_request', '--secret takes a host, a header and the name of a variable', { hint })
  }
  const value = environment[variable]
  if (!value) {
    throw new HandaxeError('invalid_request', `The variable that --secret names for ${place} is not set`, { hint })
  }
  return { ...parseHostRule(place), header, value }
}

function readCall(options: OptionValues): Call | null {
  const name = textOption(options, 'call')
  const text = textOption(options, 'arguments')
  if (name === undefined) {
    if (text === undefined) return null
    throw new HandaxeError('invalid_request', '--arguments needs --call', { hint: 'Example: --call main' })
  }
  return { function: name, arguments: parseJsonObject(text ?? '{}') }
}

function parseJsonObject(text: string): JsonObject {
  let value: unknown = null
  let problem = 'is not a JSON object'
  try {
    value = parseJson(text)
  } catch (error) {
    problem = `is not valid JSON: ${(error as Error).message}`
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  throw new HandaxeError('invalid_arguments', `--arguments ${problem}`, { hint: 'Example: \'{"window": 37}\'' })
}
