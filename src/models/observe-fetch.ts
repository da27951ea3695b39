import { AttemptFailure, createProblem } from './problem.ts'
import { scrubSecrets } from './scrub-secrets.ts'

/** A reply of this size is no reply: the longest outputs on offer (384 000 tokens) stay below a tenth of it. */
const MAX_REPLY_BYTES = 64 * 1024 * 1024

export interface Exchange {
  fetch: typeof globalThis.fetch
  /** The body of a reply that came whole, as JSON, although a stream was asked for; null otherwise. */
  wholeReply(): string | null
  /** The last body that was JSON, whatever it says. */
  jsonBody(): string | undefined
  /** How far the last request came. `refused`: an error or a web page came back; `failed`: nothing did. */
  phase(): 'unsent' | 'sent' | 'answering' | 'refused' | 'failed'
}

/**
 * A `fetch` for one attempt that reports every piece of the reply (`onBytes`), bounds its size, and sorts out replies
 * that are no event stream: the stream parser would read those as an empty reply without a word.
 */
export function observeFetch({
  onBytes,
  secrets,
  stream = true,
}: {
  onBytes: () => void
  secrets: readonly string[]
  /** False where the reply is meant to come as one piece of JSON. */
  stream?: boolean
}): Exchange {
  let whole: string | null = null
  let json: string | undefined
  let phase: ReturnType<Exchange['phase']> = 'unsent'
  const send: typeof globalThis.fetch = async (input, init) => {
    phase = 'sent'
    try {
      return await globalThis.fetch(input, init)
    } catch (error) {
      // An abort leaves it open whether the provider was at work already.
      if (init?.signal?.aborted !== true) phase = 'failed'
      throw error
    }
  }
  return {
    wholeReply: () => whole,
    jsonBody: () => json,
    phase: () => phase,
    async fetch(input, init) {
      const response = await send(input, init)
      onBytes()
      phase = response.ok ? 'answering' : 'refused'
      if (!response.ok || response.body === null) return response
      const observed = new Response(response.body.pipeThrough(countBytes(onBytes)), response)
      const mediaType = response.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''
      if (mediaType === 'text/html') {
        phase = 'refused'
        throw new AttemptFailure(await describePage(observed, secrets))
      }
      if (mediaType !== 'application/json') return observed
      const text = await observed.text()
      json = text
      const failed = errorStatus(text)
      if (failed !== null) {
        phase = 'refused'
        return new Response(text, { status: failed, headers: response.headers })
      }
      if (!stream) return new Response(text, response)
      whole = text
      throw new WholeReply()
    },
  }
}

/** A `fetch` that answers with a reply which has already come. */
export function replayFetch(body: string): typeof globalThis.fetch {
  return async () => new Response(body, { status: 200, headers: { 'content-type': 'application/json' } })
}

/** Ends the attempt to read a stream; the body is then read as one piece. */
class WholeReply extends Error {}

function countBytes(onBytes: () => void): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let total = 0
  return new TransformStream({
    transform(chunk, controller) {
      total += chunk.byteLength
      if (total > MAX_REPLY_BYTES) {
        const message = `The reply is longer than ${MAX_REPLY_BYTES} bytes`
        controller.error(new AttemptFailure(createProblem('too-large', message, { retryable: false })))
        return
      }
      onBytes()
      controller.enqueue(chunk)
    },
  })
}

/** Some gateways send an error with the status 200. Its own code then is the status; 500 where it has none. */
function errorStatus(text: string): number | null {
  const body = parseObject(text)
  if (body === null || body['error'] === undefined || body['error'] === null) return null
  const { error } = body
  const code =
    typeof error === 'object' && error !== null
      ? Number(Reflect.get(error, 'code') ?? Reflect.get(error, 'status'))
      : Number.NaN
  return Number.isInteger(code) && code >= 400 && code <= 599 ? code : 500
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch {
    // Not JSON after all: the SDK's own parser will say so, with an excerpt.
    return null
  }
}

async function describePage(response: Response, secrets: readonly string[]): Promise<ReturnType<typeof createProblem>> {
  const excerpt = scrubSecrets((await response.text()).slice(0, 2000), secrets).slice(0, 400)
  return createProblem('not-an-api', 'The address answers with a web page', {
    status: response.status,
    excerpt,
    retryable: false,
    hint: 'Check the base URL (it usually ends in /v1), and whether a proxy or a log-in page stands in between.',
  })
}
