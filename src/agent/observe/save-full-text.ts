import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExecutionResult } from '../../contracts/sandbox.ts'
import { toJsonText } from '../../domain/json/to-json-text.ts'
import { toStorageError } from '../run/create-folder.ts'
import type { OutputRecorder } from './output-recorder.ts'

/** Writes value, output and traceback of an execution, uncut, beside its artifacts. Rejects with `disk_full` or `store_read_only`. */
export async function saveFullText(folder: string, result: ExecutionResult, output: OutputRecorder): Promise<void> {
  const files = [
    { name: 'value.json', text: result.value === undefined ? '' : toJsonText(result.value, { digits: true }) },
    { name: 'stdout.txt', text: output.text('stdout') },
    { name: 'stderr.txt', text: output.text('stderr') },
    { name: 'traceback.txt', text: result.error?.traceback ?? '' },
  ]
  try {
    await Promise.all(files.map(({ name, text }) => (text === '' ? null : writeFile(join(folder, name), text))))
  } catch (error) {
    throw toStorageError(error, `The output of an execution cannot be written to ${folder}`)
  }
}
