import type { ProviderDefinition } from './provider.ts'

export const deepseek: ProviderDefinition = {
  name: 'deepseek',
  baseUrl: 'https://api.deepseek.com',
  baseUrlVariable: 'DEEPSEEK_BASE_URL',
  keyVariable: 'DEEPSEEK_API_KEY',
  local: false,
  async createModel(modelName, { baseUrl, apiKey, headers, fetch }) {
    const { createDeepSeek } = await import('@ai-sdk/deepseek')
    return createDeepSeek({ baseURL: baseUrl, apiKey, headers, fetch })(modelName)
  },
}
