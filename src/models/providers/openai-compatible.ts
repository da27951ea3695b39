import type { Connection, ProviderDefinition, SdkEmbeddingModel, SdkModel } from './provider.ts'

/** A provider that handaxe knows only by the address that the configuration gives it. */
export function openaiCompatible(name: string): ProviderDefinition {
  return {
    name,
    baseUrl: '',
    keyVariable: null,
    local: false,
    createModel: (modelName, connection) => createCompatibleModel(name, modelName, connection),
    createEmbeddingModel: (modelName, connection) => createCompatibleEmbeddingModel(name, modelName, connection),
  }
}

export interface CompatibleOptions {
  outputLimitParameter?: 'max_tokens' | 'max_completion_tokens'
}

/** A model behind any `/chat/completions`. */
export async function createCompatibleModel(
  name: string,
  modelName: string,
  { baseUrl, apiKey, headers, fetch, config }: Connection,
  options: CompatibleOptions = {},
): Promise<SdkModel> {
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible')
  const parameter = config.outputLimitParameter ?? options.outputLimitParameter ?? 'max_tokens'
  const provider = createOpenAICompatible({
    name,
    baseURL: baseUrl,
    headers,
    fetch,
    // Without it no token counts come in a streamed reply.
    includeUsage: true,
    supportsStructuredOutputs: true,
    ...(apiKey === '' ? {} : { apiKey }),
    ...(parameter === 'max_tokens' ? {} : { transformRequestBody: renameOutputLimit }),
  })
  return provider(modelName)
}

/** A model behind any `/embeddings`. */
export async function createCompatibleEmbeddingModel(
  name: string,
  modelName: string,
  { baseUrl, apiKey, headers, fetch }: Connection,
): Promise<SdkEmbeddingModel> {
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible')
  const provider = createOpenAICompatible({
    name,
    baseURL: baseUrl,
    headers,
    fetch,
    ...(apiKey === '' ? {} : { apiKey }),
  })
  return provider.embeddingModel(modelName)
}

function renameOutputLimit({ max_tokens, ...body }: Record<string, unknown>): Record<string, unknown> {
  return max_tokens === undefined ? body : { ...body, max_completion_tokens: max_tokens }
}
