import { HandaxeError } from '../../contracts/errors.ts'
import type { GatewayConfig, ProviderConfig } from '../gateway-config.ts'
import { anthropic } from './anthropic.ts'
import { deepseek } from './deepseek.ts'
import { lmstudio } from './lmstudio.ts'
import { n1n } from './n1n.ts'
import { ollama } from './ollama.ts'
import { openaiCompatible } from './openai-compatible.ts'
import { openai } from './openai.ts'
import { openrouter } from './openrouter.ts'
import type { Provider, ProviderDefinition } from './provider.ts'

/** In the order in which models are chosen for somebody who has several keys. */
const DEFINITIONS: readonly ProviderDefinition[] = [anthropic, openai, deepseek, openrouter, n1n, ollama, lmstudio]

/** Which providers are known without configuration, and the variable that each one's key is read from. */
export const KNOWN_PROVIDERS: readonly { name: string; keyVariable: string | null; local: boolean }[] = DEFINITIONS.map(
  ({ name, keyVariable, local }) => ({ name, keyVariable, local }),
)

export function providerNames(providers: GatewayConfig['providers']): string[] {
  return [...new Set([...DEFINITIONS.map(({ name }) => name), ...Object.keys(providers ?? {})])]
}

export function findDefinition(name: string): ProviderDefinition | null {
  return DEFINITIONS.find((definition) => definition.name === name) ?? null
}

/**
 * A provider by name, with its address from the configuration, else from its variable, else as built in. Throws
 * `invalid_configuration` for an address that is none. A missing key is no error here: it is one when a model is called.
 */
export function resolveProvider(
  name: string,
  { providers, keys }: Pick<GatewayConfig, 'providers' | 'keys'>,
): Provider {
  const config = providers?.[name] ?? {}
  const definition = findDefinition(name) ?? openaiCompatible(name)
  return {
    ...definition,
    config,
    baseUrl: resolveBaseUrl(definition, config, keys),
    key: resolveKey(definition, config, keys),
  }
}

function resolveKey(
  definition: ProviderDefinition,
  { keyVariable }: ProviderConfig,
  keys: GatewayConfig['keys'],
): Provider['key'] {
  const variable = keyVariable ?? definition.keyVariable
  if (variable === null) return null
  return { variable, required: keyVariable !== undefined || !definition.local, value: keys[variable]?.trim() ?? '' }
}

function resolveBaseUrl(definition: ProviderDefinition, config: ProviderConfig, keys: GatewayConfig['keys']): string {
  const { name, baseUrlVariable, normalizeBaseUrl } = definition
  const fromEnvironment = baseUrlVariable === undefined ? undefined : keys[baseUrlVariable]?.trim()
  const [text, source] =
    config.baseUrl !== undefined
      ? [config.baseUrl, `providers.${name}.baseUrl in the configuration`]
      : fromEnvironment
        ? [fromEnvironment, `the variable ${baseUrlVariable}`]
        : [definition.baseUrl, `providers.${name}.baseUrl in the configuration`]
  const normalized = (normalizeBaseUrl?.(text) ?? text).replace(/\/+$/, '')
  return checkUrl(normalized, name, source)
}

function checkUrl(text: string, provider: string, source: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  const problem =
    text === ''
      ? 'is missing'
      : url === null || !/^https?:$/.test(url.protocol)
        ? 'is not an http or https URL'
        : url.username !== '' || url.password !== ''
          ? 'holds a user name or password'
          : null
  if (problem === null) return text
  throw new HandaxeError('invalid_configuration', `The address of the provider ${provider} ${problem}`, {
    hint: `Set ${source} to a URL such as https://host/v1; secrets belong into the key's variable.`,
    details: { provider, source },
  })
}
