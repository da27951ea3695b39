import { HandaxeError } from '../contracts/errors.ts'
import type { Gateway, ModelId, Tier } from '../contracts/models.ts'
import type { Config } from './config.ts'

export interface ModelSelection {
  /** `provider/model` for every tier, or `manual`. */
  model?: string
  /** Cassette to append to. */
  recordPath?: string
  /** Cassette to answer from; no provider is called. */
  replayPath?: string
  /** Folder in which `manual` leaves its prompts and finds the replies. */
  manualFolder?: string
  onManualPrompt?: (files: { promptPath: string; replyPath: string }) => void
}

export const KEY_VARIABLES = [
  'ANTHROPIC_API_KEY',
  'OPENAI_API_KEY',
  'DEEPSEEK_API_KEY',
  'OPENROUTER_API_KEY',
  'N1N_API_KEY',
] as const

/** A server on this machine answers in a few milliseconds; one that is not there must not delay the message. */
const OLLAMA_PROBE_MS = 500

/** The gateway that the selection and the configuration ask for. Rejects with `missing_key` where there is no model at all. */
export async function selectGateway(config: Config, selection: ModelSelection): Promise<Gateway> {
  const base = await selectBase(config, selection)
  if (selection.recordPath === undefined) return base
  const { recordingGateway } = await import('../models/cassette.ts')
  return recordingGateway(base, selection.recordPath, {
    secrets: secretsOf(config),
    ...(selection.model === 'manual' ? { recordedBy: 'manual' } : {}),
  })
}

/** Keys must not stand in a cassette, however they got into a request: a file that holds one, say. */
function secretsOf({ environment, providers }: Config): string[] {
  const variables = [...KEY_VARIABLES, ...Object.values(providers).flatMap(({ keyVariable }) => keyVariable ?? [])]
  return variables.flatMap((name) => environment[name]?.trim() || [])
}

async function selectBase(config: Config, selection: ModelSelection): Promise<Gateway> {
  if (selection.replayPath !== undefined) {
    const { replayGateway } = await import('../models/cassette.ts')
    return replayGateway(selection.replayPath, { secrets: secretsOf(config) })
  }
  if (selection.model === 'manual') {
    const { manualGateway } = await import('../models/manual-gateway.ts')
    return manualGateway({
      folder: selection.manualFolder ?? `${config.folders.state}/manual`,
      ...(selection.onManualPrompt === undefined ? {} : { onPrompt: selection.onManualPrompt }),
    })
  }
  const { openGateway } = await import('../models/open-gateway.ts')
  return openGateway({
    tiers: await resolveTiers(config, selection.model),
    providers: config.providers,
    keys: config.environment,
    prices: config.prices,
    maxOutputTokens: config.maxOutputTokens,
    ...(config.modelTimeoutMs === null ? {} : { timeoutMs: config.modelTimeoutMs }),
  })
}

/** The models of each tier: the flag, else the configuration, else what the keys that are set allow, else a running Ollama. */
export async function resolveTiers(config: Config, model?: string): Promise<Record<Tier, ModelId[]>> {
  if (model !== undefined) return { fast: [model], strong: [model], reasoning: [model] }
  const { chooseTiers, findOllama } = await import('../models/default-models.ts')
  let chosen = chooseTiers(config.environment)
  if (chosen === null) {
    const ollama = await findOllama(config.environment['OLLAMA_HOST'], { timeoutMs: OLLAMA_PROBE_MS })
    chosen = chooseTiers(config.environment, { ollamaModels: ollama?.map(({ name }) => name) ?? [] })
  }
  const configured = config.models
  const anyConfigured = configured.strong ?? configured.fast ?? configured.reasoning
  if (chosen === null && anyConfigured === undefined) {
    throw new HandaxeError(
      'missing_key',
      `No model can be reached: none of ${KEY_VARIABLES.join(', ')} is set and no Ollama runs`,
      {
        hint: 'Set one of these variables, start Ollama, or try `-m manual` (you answer) or `--replay FILE` (a recording does).',
      },
    )
  }
  const tier = (name: Tier): ModelId[] => configured[name] ?? chosen?.[name] ?? anyConfigured ?? []
  return { fast: tier('fast'), strong: tier('strong'), reasoning: tier('reasoning') }
}
