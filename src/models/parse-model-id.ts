import { HandaxeError } from '../contracts/errors.ts'
import type { ModelId } from '../contracts/models.ts'
import { closest } from '../util/closest.ts'

export interface ModelName {
  provider: string
  /** The provider's own name of the model; it may hold further slashes and colons. */
  model: string
}

/**
 * Splits `provider/model` or `provider:model` at the first of the two signs, so `openrouter/z-ai/glm-4.6` and
 * `ollama/qwen3:8b` keep what follows. Throws `invalid_configuration` for text without both parts and
 * `unknown_provider` for a provider that is not among `providers`.
 */
export function parseModelId(id: string, providers: readonly string[]): ModelName {
  const text = id.trim()
  const at = text.search(/[/:]/)
  if (at <= 0 || at === text.length - 1) {
    throw new HandaxeError('invalid_configuration', `"${shorten(text)}" is not the name of a model`, {
      hint: 'Write it as provider/model, such as anthropic/claude-sonnet-5-5 or ollama/qwen3:8b.',
      details: { model: shorten(text) },
    })
  }
  const provider = text.slice(0, at).toLowerCase()
  if (!providers.includes(provider)) throw unknownProvider(provider, text, providers)
  return { provider, model: text.slice(at + 1) }
}

/** The one spelling that handaxe prints and keys by. */
export function toModelId(name: ModelName): ModelId {
  return `${name.provider}/${name.model}`
}

function unknownProvider(provider: string, id: string, providers: readonly string[]): HandaxeError {
  const known = [...providers].sort()
  const near = closest(provider, known)
  const guess = near === null ? '' : `Did you mean ${near}? `
  return new HandaxeError('unknown_provider', `There is no provider "${shorten(provider)}" (in "${shorten(id)}")`, {
    hint: `${guess}Known providers: ${known.join(', ')}. Others are added under "providers" in the configuration.`,
    details: { provider: shorten(provider), known, closest: near },
  })
}

function shorten(text: string): string {
  return text.length > 120 ? `${text.slice(0, 120)}…` : text
}
