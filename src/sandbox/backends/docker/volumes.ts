import type { FileEntry } from '../../relay/file-entries.ts'
import { packTar } from '../../relay/tar.ts'
import { removeContainer } from './container.ts'
import { fillerOptions } from './container-options.ts'
import type { EngineClient } from './engine-client.ts'
import { createContainer } from './create-container.ts'

export interface VolumeFilling {
  engine: EngineClient
  image: string
  volume: string
  labels: Record<string, string>
}

/**
 * Puts files into a volume of the engine. They travel as a stream into a container that is never started: no folder of
 * the host is shown to the engine, which may run on another machine.
 */
export async function fillVolume(
  { engine, image, volume, labels }: VolumeFilling,
  entries: FileEntry[],
): Promise<void> {
  const id = await createContainer(engine, fillerOptions(image, volume, labels), image)
  try {
    await engine.text('PUT', `/containers/${id}/archive`, { query: { path: '/fill' }, body: packTar(entries) })
  } finally {
    await removeContainer(engine, id)
  }
}
