import type { ProviderDefinition } from './provider.ts'

export const anthropic: ProviderDefinition = {
  name: 'anthropic',
  baseUrl: 'https://api.anthropic.com/v1',
  baseUrlVariable: 'ANTHROPIC_BASE_URL',
  normalizeBaseUrl: addVersion,
  keyVariable: 'ANTHROPIC_API_KEY',
  local: false,
  async createModel(modelName, { baseUrl, apiKey, headers, fetch }) {
    const { createAnthropic } = await import('@ai-sdk/anthropic')
    return createAnthropic({ baseURL: baseUrl, apiKey, headers, fetch })(modelName)
  },
}

/** Anthropic's own tools take `ANTHROPIC_BASE_URL` without `/v1`, the AI SDK with it: both are written in the wild. */
function addVersion(text: string): string {
  const url = text.replace(/\/+$/, '')
  return /\/v\d+$/.test(url) ? url : `${url}/v1`
}
