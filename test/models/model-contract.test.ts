import { describeModelContract, REASONING, SECRET } from './model-contract.ts'
import type { Adapter } from './model-contract.ts'

const openaiErrors: Adapter['errors'] = {
  unauthorized: {
    error: {
      message: `Incorrect API key provided: ${SECRET}.`,
      type: 'invalid_request_error',
      param: null,
      code: 'invalid_api_key',
    },
  },
  unknownModel: {
    status: 404,
    body: {
      error: {
        message: 'The model `x` does not exist',
        type: 'invalid_request_error',
        param: null,
        code: 'model_not_found',
      },
    },
  },
  overloaded: { error: { message: 'Too busy', type: 'server_error', param: null, code: null } },
}

const chat = {
  basePath: '/v1',
  requestPath: '/v1/chat/completions',
  keyHeader: { name: 'authorization', value: `Bearer ${SECRET}` },
  limitField: 'max_tokens',
  readInstructions: ({ messages }: Record<string, unknown>) => (Array.isArray(messages) ? messages[0] : null),
  reasoning: REASONING,
  usage: { inputTokens: 120, outputTokens: 45, cachedInputTokens: 20, reasoningTokens: 12, reported: true },
  costUsd: null,
  usageMayBeMissing: true,
  lengthReply: (body: string) => body.replace('"finish_reason":"stop"', '"finish_reason":"length"'),
  errors: openaiErrors,
} satisfies Partial<Adapter>

const withoutDetails = { ...chat.usage, cachedInputTokens: 0, reasoningTokens: 0 }

describeModelContract({
  ...chat,
  title: 'openai by chat completions, at an address of OPENAI_BASE_URL',
  id: 'openai/gpt-4o-mini',
  baseUrlVariable: 'OPENAI_BASE_URL',
  keyVariable: 'OPENAI_API_KEY',
  fixture: 'openai-chat.txt',
  reasoning: '',
  usage: { ...chat.usage, reasoningTokens: 0 },
  eventsToMiddle: 4,
})

describeModelContract({
  ...chat,
  title: 'openai by responses',
  id: 'openai/gpt-6-luna',
  config: { api: 'responses' },
  keyVariable: 'OPENAI_API_KEY',
  fixture: 'openai-responses.txt',
  wholeFixture: 'whole-openai-responses.txt',
  requestPath: '/v1/responses',
  limitField: 'max_output_tokens',
  readInstructions: (body) => body['instructions'] ?? (Array.isArray(body['input']) ? body['input'][0] : null),
  costUsd: (100 * 0.1 + 20 * 0.01 + 45 * 0.5) / 1e6,
  eventsToMiddle: 14,
  usageMayBeMissing: false,
  lengthReply: (body) =>
    body
      .replaceAll('response.completed', 'response.incomplete')
      .replaceAll('"incomplete_details":null', '"incomplete_details":{"reason":"max_output_tokens"}'),
})

describeModelContract({
  ...chat,
  title: 'anthropic',
  id: 'anthropic/claude-sonnet-5-5',
  keyVariable: 'ANTHROPIC_API_KEY',
  fixture: 'anthropic.txt',
  wholeFixture: 'whole-anthropic.txt',
  requestPath: '/v1/messages',
  keyHeader: { name: 'x-api-key', value: SECRET },
  readInstructions: (body) => body['system'],
  costUsd: (100 * 2 + 20 * 0.1 + 45 * 10) / 1e6,
  eventsToMiddle: 12,
  usageMayBeMissing: false,
  lengthReply: (body) => body.replace('"stop_reason":"end_turn"', '"stop_reason":"max_tokens"'),
  errors: {
    unauthorized: { type: 'error', error: { type: 'authentication_error', message: `invalid x-api-key ${SECRET}` } },
    unknownModel: {
      status: 404,
      body: { type: 'error', error: { type: 'not_found_error', message: 'model: claude-nope' } },
    },
    overloaded: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
  },
})

describeModelContract({
  ...chat,
  title: 'deepseek',
  id: 'deepseek/deepseek-flash',
  basePath: '',
  keyVariable: 'DEEPSEEK_API_KEY',
  fixture: 'deepseek.txt',
  wholeFixture: 'whole-deepseek.txt',
  requestPath: '/chat/completions',
  costUsd: (100 * 0.3 + 20 * 0.006 + 45 * 1.2) / 1e6,
  eventsToMiddle: 10,
  errors: {
    ...openaiErrors,
    unknownModel: {
      status: 400,
      body: {
        error: {
          message: 'Model Not Exist',
          type: 'invalid_request_error',
          param: null,
          code: 'invalid_request_error',
        },
      },
    },
  },
})

describeModelContract({
  ...chat,
  title: 'openrouter',
  id: 'openrouter/anthropic/claude-sonnet-5.5',
  basePath: '/api/v1',
  keyVariable: 'OPENROUTER_API_KEY',
  fixture: 'openrouter.txt',
  requestPath: '/api/v1/chat/completions',
  costUsd: 0.00069,
  eventsToMiddle: 8,
  errors: {
    unauthorized: { error: { message: 'No auth credentials found', code: 401 } },
    unknownModel: {
      status: 400,
      body: { error: { message: 'anthropic/claude-nope is not a valid model ID', code: 400 }, user_id: 'user_1' },
    },
    overloaded: {
      error: { message: 'Provider returned error', code: 503, metadata: { raw: 'busy', provider_name: 'Anthropic' } },
    },
  },
})

describeModelContract({
  ...chat,
  title: 'n1n, at an address of N1N_BASE_URL',
  id: 'n1n/claude-sonnet-5-5',
  baseUrlVariable: 'N1N_BASE_URL',
  keyVariable: 'N1N_API_KEY',
  fixture: 'n1n.txt',
  eventsToMiddle: 7,
})

describeModelContract({
  ...chat,
  title: 'ollama, at an address of OLLAMA_HOST',
  id: 'ollama/qwen3:8b',
  baseUrlVariable: 'OLLAMA_HOST',
  basePath: '',
  keyVariable: null,
  fixture: 'ollama.txt',
  keyHeader: undefined,
  usage: withoutDetails,
  costUsd: 0,
  eventsToMiddle: 6,
  errors: {
    ...openaiErrors,
    unknownModel: {
      status: 404,
      body: { error: { message: "model 'nope' not found", type: 'not_found_error', param: null, code: null } },
    },
  },
})

describeModelContract({
  ...chat,
  title: 'lmstudio',
  id: 'lmstudio/qwen/qwen3-8b',
  keyVariable: null,
  fixture: 'lmstudio.txt',
  keyHeader: undefined,
  usage: { ...chat.usage, cachedInputTokens: 0 },
  costUsd: 0,
  eventsToMiddle: 6,
})

describeModelContract({
  ...chat,
  title: 'a server of the configuration',
  id: 'my-vllm/Qwen/Qwen3-32B',
  config: { keyVariable: 'MY_VLLM_KEY', headers: { 'x-team': 'analysis' } },
  basePath: '/serving/v1/',
  keyVariable: 'MY_VLLM_KEY',
  fixture: 'custom-vllm.txt',
  requestPath: '/serving/v1/chat/completions',
  usage: withoutDetails,
  eventsToMiddle: 7,
})
