import { createCompatibleEmbeddingModel, createCompatibleModel } from './openai-compatible.ts'
import type { ProviderDefinition } from './provider.ts'

/** OpenAI's reasoning models, which refuse `max_tokens`; a gateway may pass the request on to them as it is. */
const WANTS_COMPLETION_TOKENS = /^(?:openai\/)?(?:gpt-[5-9]|o\d)/

export const n1n: ProviderDefinition = {
  name: 'n1n',
  baseUrl: 'https://api.n1n.ai/v1',
  baseUrlVariable: 'N1N_BASE_URL',
  keyVariable: 'N1N_API_KEY',
  local: false,
  createModel: (modelName, connection) =>
    createCompatibleModel('n1n', modelName, connection, {
      outputLimitParameter: WANTS_COMPLETION_TOKENS.test(modelName) ? 'max_completion_tokens' : 'max_tokens',
    }),
  createEmbeddingModel: (modelName, connection) => createCompatibleEmbeddingModel('n1n', modelName, connection),
}
