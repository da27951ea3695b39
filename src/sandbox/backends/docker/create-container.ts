import { z } from 'zod'
import { HandaxeError } from '../../../contracts/errors.ts'
import type { EngineClient } from './engine-client.ts'
import { EngineError } from './engine-failure.ts'

/** Makes a container and returns its id. Rejects with `sandbox_unavailable` where the image is missing. */
export async function createContainer(engine: EngineClient, options: object, image: string): Promise<string> {
  try {
    const answer = await engine.call('POST', '/containers/create', { body: options })
    return z.object({ Id: z.string().regex(/^[0-9a-f]{12,64}$/) }).parse(answer).Id
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) throw imageMissing(image)
    throw error
  }
}

export function imageMissing(image: string): HandaxeError {
  return new HandaxeError('sandbox_unavailable', `The container engine has no image ${image}`, {
    hint: 'Run `handaxe setup --docker`, which builds it',
    details: { image },
  })
}
