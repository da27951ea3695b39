import { FREE_PRICE } from '../free-price.ts'
import { createCompatibleEmbeddingModel, createCompatibleModel } from './openai-compatible.ts'
import type { ProviderDefinition } from './provider.ts'

export const lmstudio: ProviderDefinition = {
  name: 'lmstudio',
  baseUrl: 'http://localhost:1234/v1',
  keyVariable: null,
  local: true,
  startHint: 'Start its server (`lms server start`), or set its baseUrl under "providers" in the configuration.',
  createModel: (modelName, connection) => createCompatibleModel('lmstudio', modelName, connection),
  createEmbeddingModel: (modelName, connection) => createCompatibleEmbeddingModel('lmstudio', modelName, connection),
  priceOf: () => FREE_PRICE,
}
