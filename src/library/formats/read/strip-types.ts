import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { z } from 'zod'
import { assetPath } from '../../../util/asset-path.ts'

/** 256 KiB of ordinary code take less than 0.1 s. */
const MAXIMUM_MS = 5000
const LIMITS = { maxOldGenerationSizeMb: 256, stackSizeMb: 4 }

const reply = z.union([z.object({ code: z.string() }), z.object({ problem: z.string() })])

/**
 * TypeScript without its types, each replaced by spaces: no place moves, and nothing of it is run. What needs more than that
 * (enums, namespaces, parameter properties) is a problem.
 */
export async function stripTypes(code: string): Promise<{ code: string } | { problem: string }> {
  const worker = new Worker(assetPath('library/formats/read/strip-types-worker.mjs'), {
    workerData: code,
    resourceLimits: LIMITS,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: {},
  })
  const timer = AbortSignal.timeout(MAXIMUM_MS)
  try {
    const [message] = await once(worker, 'message', { signal: timer })
    const stripped = reply.parse(message)
    return 'code' in stripped ? { code: tidy(stripped.code, code) } : stripped
  } catch (error) {
    if (error instanceof z.ZodError) throw error
    return { problem: timer.aborted ? 'takes too long to be read' : 'is too large or nested too deeply' }
  } finally {
    await worker.terminate()
  }
}

/** Takes away the spaces that types leave at the ends of lines, and no others: those may stand in a text. */
function tidy(stripped: string, original: string): string {
  const lines = original.split('\n')
  return stripped
    .split('\n')
    .map((line, index) => (line === lines[index] ? line : line.trimEnd()))
    .join('\n')
}
