import { HandaxeError } from '../contracts/errors.ts'
import type { ErrorCode } from '../contracts/errors.ts'
import type { Gateway, ModelId, ModelReply, ModelStatus, RoutedCall, Spending, Tier } from '../contracts/models.ts'
import { addSpending, readSpending } from '../util/spending.ts'
import { chooseTier, findServedTier } from './choose-tier.ts'
import { createDeltaSink } from './delta-sink.ts'
import { DEFAULT_MAX_OUTPUT_TOKENS, DEFAULT_TIMEOUT_MS, TIERS } from './gateway-config.ts'
import type { GatewayConfig, ModelStatistics } from './gateway-config.ts'
import { openModel } from './open-model.ts'
import type { OpenedModel } from './open-model.ts'
import { priceOf } from './prices.ts'
import { KNOWN_PROVIDERS } from './providers/resolve-provider.ts'

/** Errors that say "this model cannot be had now": the tier's next one may be asked instead. */
const DOWN: ReadonlySet<ErrorCode> = new Set([
  'model_unavailable',
  'model_timeout',
  'authentication_failed',
  'missing_key',
])

/** How long a model that was down is asked last, so that not every call waits for its retries again. */
const COOL_DOWN_MS = 60_000

/**
 * Opens a gateway over the models of the configuration. Throws `unknown_provider` and `invalid_configuration` at once;
 * a missing key is the error of the call that needs it. `describe()` counts from `config.statistics` on.
 */
export function openGateway(config: GatewayConfig): Gateway {
  const models = new Map(TIERS.flatMap((tier) => config.tiers[tier]).map((id) => [id, openModel(id, config)]))
  const tiers = {
    fast: modelsOf('fast', config, models),
    strong: modelsOf('strong', config, models),
    reasoning: modelsOf('reasoning', config, models),
  }
  const ledger = createLedger(config.statistics ?? [])
  const closing = new AbortController()

  return {
    metersAttempts: true,
    async generate(call) {
      if (closing.signal.aborted) throw new HandaxeError('cancelled', 'The gateway is closed')
      const tier = findServedTier(chooseTier(call, config.roles), config.tiers)
      if (tier === null) throw noModels()
      const signal = call.signal === undefined ? closing.signal : AbortSignal.any([call.signal, closing.signal])
      const reply = await generateInTier(tiers[tier], { ...call, signal }, { tier, config, ledger })
      return { ...reply, role: call.role, tier }
    },
    assertUsable() {
      const all = [...models.values()]
      const [lacking] = all.flatMap((model) => model.missingKey ?? [])
      if (all.length === 0) throw noModels()
      if (lacking !== undefined && all.every((model) => model.missingKey !== null)) throw lacking
    },
    describe: () => TIERS.flatMap((tier) => tiers[tier].map((model) => describeModel(tier, model, config, ledger))),
    async close() {
      closing.abort(new HandaxeError('cancelled', 'The gateway was closed'))
    },
  }
}

function modelsOf(tier: Tier, config: GatewayConfig, models: ReadonlyMap<ModelId, OpenedModel>): OpenedModel[] {
  return config.tiers[tier].flatMap((id) => models.get(id) ?? [])
}

/**
 * Asks the tier's models in turn until one answers. Where all are down, the error is that of the first. Reply and error
 * say what all of them used together.
 */
async function generateInTier(
  models: readonly OpenedModel[],
  call: RoutedCall,
  { tier, config, ledger }: { tier: Tier; config: GatewayConfig; ledger: Ledger },
): Promise<ModelReply> {
  const sink = createDeltaSink(call.onDelta)
  const failures: { model: ModelId; error: HandaxeError }[] = []
  let spent: Spending | null = null
  const tierLimit = config.maxOutputTokens?.[tier] ?? DEFAULT_MAX_OUTPUT_TOKENS[tier]
  for (const model of ledger.availableFirst(models)) {
    const last = failures.at(-1)
    if (last !== undefined) {
      if (isOver(call)) break
      sink.restart(last.error.message)
    }
    try {
      const reply = await model.generate({
        instructions: call.instructions,
        messages: call.messages,
        maxOutputTokens: Math.min(call.maxOutputTokens ?? tierLimit, tierLimit),
        timeoutMs: call.timeoutMs ?? config.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        onDelta: sink.onDelta,
        ...(call.temperature === undefined ? {} : { temperature: call.temperature }),
        ...(call.deadlineAt === undefined ? {} : { deadlineAt: call.deadlineAt }),
        ...(call.signal === undefined ? {} : { signal: call.signal }),
        ...(call.meter === undefined ? {} : { meter: call.meter }),
      })
      ledger.recordSuccess(tier, model.id, reply.costUsd)
      return { ...reply, ...addSpending(spent, reply) }
    } catch (error) {
      if (!HandaxeError.isInstance(error)) throw error
      if (isOwnFailure(error)) ledger.recordFailure(tier, model.id, error)
      spent = addSpending(spent, readSpending(error.details))
      failures.push({ model: model.id, error })
      if (!DOWN.has(error.code)) throw failures.length === 1 ? error : withSpending(error, spent)
    }
  }
  throw combineFailures(failures, models, spent)
}

/** Whether the model failed, and not the user's patience or budget. */
function isOwnFailure({ code }: HandaxeError): boolean {
  return code !== 'cancelled' && !code.startsWith('budget_')
}

function withSpending(error: HandaxeError, spent: Spending | null): HandaxeError {
  return new HandaxeError(error.code, error.message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    details: { ...error.details, ...spent },
    cause: error,
  })
}

function isOver({ deadlineAt }: RoutedCall): boolean {
  return deadlineAt !== undefined && Date.now() >= deadlineAt
}

function combineFailures(
  failures: readonly { model: ModelId; error: HandaxeError }[],
  models: readonly OpenedModel[],
  spent: Spending | null,
): HandaxeError {
  const preferred = failures.find(({ model }) => model === models[0]?.id) ?? failures[0]
  if (preferred === undefined) return noModels()
  const { error } = preferred
  if (failures.length === 1) return error
  const others = failures
    .filter((failure) => failure !== preferred)
    .map(({ model, error: { code } }) => `${model} (${code})`)
  return new HandaxeError(error.code, `${error.message}; nor could ${others.join(', ')} answer`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    details: {
      ...error.details,
      ...spent,
      models: failures.map(({ model, error: { code, message, details } }) => ({
        model,
        code,
        message,
        ...pick(details, 'attempts'),
      })),
    },
    cause: error,
  })
}

function pick(details: Record<string, unknown>, name: string): Record<string, unknown> {
  return details[name] === undefined ? {} : { [name]: details[name] }
}

function noModels(): HandaxeError {
  const variables = KNOWN_PROVIDERS.flatMap(({ keyVariable }) => keyVariable ?? [])
  return new HandaxeError('missing_key', 'No model is configured', {
    hint: `Set one of ${variables.join(', ')}, start Ollama, or name models under "models" in the configuration.`,
    details: { variables },
  })
}

function describeModel(tier: Tier, model: OpenedModel, config: GatewayConfig, ledger: Ledger): ModelStatus {
  const { calls, failures, costUsd } = ledger.read(tier, model.id)
  return {
    tier,
    model: model.id,
    key: model.key,
    price: priceOf(model.id, config.prices),
    calls,
    failures,
    costUsd,
  }
}

interface Ledger {
  read(tier: Tier, model: ModelId): ModelStatistics
  recordSuccess(tier: Tier, model: ModelId, costUsd: number | null): void
  recordFailure(tier: Tier, model: ModelId, error: HandaxeError): void
  availableFirst(models: readonly OpenedModel[]): OpenedModel[]
}

/** Counts per tier and model, and which models were down a moment ago. */
function createLedger(statistics: readonly ModelStatistics[]): Ledger {
  const entries = new Map(statistics.map((entry) => [`${entry.tier} ${entry.model}`, { ...entry }]))
  const downUntil = new Map<ModelId, number>()
  const entryOf = (tier: Tier, model: ModelId): ModelStatistics => {
    const name = `${tier} ${model}`
    const entry = entries.get(name) ?? { tier, model, calls: 0, failures: 0, costUsd: 0 }
    entries.set(name, entry)
    return entry
  }
  const isDown = ({ id }: OpenedModel): boolean => (downUntil.get(id) ?? 0) > Date.now()
  return {
    read: entryOf,
    recordSuccess(tier, model, costUsd) {
      downUntil.delete(model)
      const entry = entryOf(tier, model)
      entry.calls++
      entry.costUsd += costUsd ?? 0
    },
    recordFailure(tier, model, { code, details }) {
      const entry = entryOf(tier, model)
      entry.calls++
      entry.failures++
      if (typeof details['costUsd'] === 'number') entry.costUsd += details['costUsd']
      if (DOWN.has(code))
        downUntil.set(model, Date.now() + Math.max(COOL_DOWN_MS, Number(details['retryAfterMs'] ?? 0)))
    },
    availableFirst: (models) => [...models.filter((model) => !isDown(model)), ...models.filter(isDown)],
  }
}
