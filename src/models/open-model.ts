import type { HandaxeError } from '../contracts/errors.ts'
import type { Model, ModelId, ModelStatus } from '../contracts/models.ts'
import { DEFAULT_BACKOFF_MS, DEFAULT_RETRIES, DEFAULT_STALL_MS } from './gateway-config.ts'
import type { GatewayConfig } from './gateway-config.ts'
import { generateWithRetries, missingKey } from './generate-with-retries.ts'
import type { AttemptedModel } from './generate-with-retries.ts'
import { parseModelId, toModelId } from './parse-model-id.ts'
import { costOf, priceOf } from './prices.ts'
import type { Provider } from './providers/provider.ts'
import { providerNames, resolveProvider } from './providers/resolve-provider.ts'

export type ModelConfig = Pick<GatewayConfig, 'providers' | 'keys' | 'prices' | 'retries' | 'backoffMs' | 'stallMs'>

export interface OpenedModel extends Model {
  readonly key: ModelStatus['key']
  /** The error of every call, where the key that the provider needs is not there; null otherwise. */
  readonly missingKey: HandaxeError | null
}

/**
 * One model of one provider. Nothing is loaded or called before the first `generate`, which rejects with `missing_key`
 * where the provider needs one. Throws `unknown_provider` and `invalid_configuration`.
 */
export function openModel(id: ModelId, config: ModelConfig): OpenedModel {
  const name = parseModelId(id, providerNames(config.providers))
  const provider = resolveProvider(name.provider, config)
  const modelId = toModelId(name)
  const price = priceOf(modelId, config.prices)
  const target = {
    provider,
    modelName: name.model,
    secrets: secretsOf(provider, config.keys),
    stallMs: config.stallMs ?? DEFAULT_STALL_MS,
  }
  const policy = { retries: config.retries ?? DEFAULT_RETRIES, backoffMs: config.backoffMs ?? DEFAULT_BACKOFF_MS }
  const model: AttemptedModel = {
    id: modelId,
    keyVariable: provider.key?.variable ?? null,
    costOf: (usage) => costOf(usage, price),
    // The AI SDK takes a good part of a second to load: only a real call pays for it.
    async attempt(request, sink, onFailedUsage) {
      const { runAttempt } = await import('./run-attempt.ts')
      return runAttempt(target, request, sink, onFailedUsage)
    },
  }
  const lacking = provider.key?.required && provider.key.value === '' ? provider.key.variable : null
  return {
    id: modelId,
    missingKey: lacking === null ? null : missingKey(modelId, lacking),
    key: provider.key === null ? null : { variable: provider.key.variable, present: provider.key.value !== '' },
    async generate(request) {
      if (lacking !== null) throw missingKey(modelId, lacking)
      return generateWithRetries(model, request, policy)
    },
  }
}

/** Everything that must not stand in an error: the keys, not only this provider's, and the values of its headers. */
export function secretsOf({ config, key }: Provider, keys: GatewayConfig['keys']): string[] {
  const fromEnvironment = Object.entries(keys).filter(([name]) => /KEY|TOKEN|SECRET|PASSWORD/i.test(name))
  return [
    ...fromEnvironment.map(([, value]) => value?.trim() ?? ''),
    key?.value ?? '',
    ...Object.values(config.headers ?? {}),
  ]
}
