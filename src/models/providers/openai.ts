import type { Provider, ProviderDefinition } from './provider.ts'

const OPENAI_HOST = 'api.openai.com'

export const openai: ProviderDefinition = {
  name: 'openai',
  baseUrl: `https://${OPENAI_HOST}/v1`,
  baseUrlVariable: 'OPENAI_BASE_URL',
  keyVariable: 'OPENAI_API_KEY',
  local: false,
  async createModel(modelName, { baseUrl, apiKey, headers, fetch, config }) {
    const { createOpenAI } = await import('@ai-sdk/openai')
    const provider = createOpenAI({ baseURL: baseUrl, apiKey, headers, fetch })
    return usesResponses({ baseUrl, config }) ? provider.responses(modelName) : provider.chat(modelName)
  },
  async createEmbeddingModel(modelName, { baseUrl, apiKey, headers, fetch }) {
    const { createOpenAI } = await import('@ai-sdk/openai')
    return createOpenAI({ baseURL: baseUrl, apiKey, headers, fetch }).embeddingModel(modelName)
  },
  // The Responses interface keeps every exchange for 30 days unless told otherwise; others may not know the setting.
  callOptions: (provider) => (usesResponses(provider) ? { openai: { store: false } } : undefined),
}

/** Other servers behind OPENAI_BASE_URL rarely have /responses, and some of OpenAI's own models have nothing else. */
function usesResponses({ baseUrl, config }: Pick<Provider, 'baseUrl' | 'config'>): boolean {
  return (config.api ?? (new URL(baseUrl).host === OPENAI_HOST ? 'responses' : 'chat')) === 'responses'
}
