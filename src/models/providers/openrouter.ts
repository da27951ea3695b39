import { createCompatibleEmbeddingModel, createCompatibleModel } from './openai-compatible.ts'
import type { ProviderDefinition } from './provider.ts'

export const openrouter: ProviderDefinition = {
  name: 'openrouter',
  baseUrl: 'https://openrouter.ai/api/v1',
  baseUrlVariable: 'OPENROUTER_BASE_URL',
  keyVariable: 'OPENROUTER_API_KEY',
  local: false,
  createModel: (modelName, connection) => createCompatibleModel('openrouter', modelName, connection),
  createEmbeddingModel: (modelName, connection) => createCompatibleEmbeddingModel('openrouter', modelName, connection),
  // One credit is one US dollar; the usage record of every reply holds what the call cost (openrouter.ai/docs, "Usage
  // Accounting"). That is the bill itself, so it goes before any price table.
  readCostUsd: ({ cost }) => (typeof cost === 'number' && Number.isFinite(cost) && cost >= 0 ? cost : null),
}
