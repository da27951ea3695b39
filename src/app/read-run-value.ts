import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HandaxeError } from '../contracts/errors.ts'
import type { JsonValue } from '../contracts/json.ts'
import { isStoredValue } from '../domain/json/stored-value.ts'
import type { App } from './open-app.ts'
import { showRun } from './operations.ts'
import { runFolder } from './runs-folder.ts'

/**
 * The value that a step of a run gave last, whole. Rejects with `unknown_run`, and with `invalid_request` where the step has none or
 * its file is not on this machine as it was written.
 */
export async function readRunValue(app: App, reference: string, stepId: string): Promise<JsonValue> {
  const { run, events } = await showRun(app, reference)
  const finished = events.filter((event) => event.type === 'execution-finished' && event.stepId === stepId)
  const last = finished.findLast((event) => event.type === 'execution-finished' && event.result.value !== undefined)
  const value = last?.type === 'execution-finished' ? last.result.value : undefined
  if (value === undefined) {
    const steps = [...new Set(events.flatMap((event) => (event.type === 'execution-finished' ? [event.stepId] : [])))]
    throw new HandaxeError('invalid_request', `The run ${run.runId} has no value of a step "${stepId}"`, {
      hint: steps.length === 0 ? 'Nothing was executed in it.' : `Its steps are ${steps.join(', ')}.`,
    })
  }
  if (!isStoredValue(value)) return value
  const { hash } = value.$stored
  const path = join(runFolder(app.config, run.runId), 'values', `${hash}.json`)
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw notHere(path, run.host, error)
  })
  if (createHash('sha256').update(text).digest('hex') !== hash) throw notHere(path, run.host)
  return JSON.parse(text) as JsonValue
}

function notHere(path: string, host: string, cause?: unknown): HandaxeError {
  return new HandaxeError('invalid_request', `The value is not in ${path} as it was written`, {
    hint: `The run was on the host ${host}; its files lie there.`,
    ...(cause === undefined ? {} : { cause }),
  })
}
