import { basename } from 'node:path'
import type { JsonValue } from '../../contracts/json.ts'
import type { ScriptStep } from '../../contracts/plan.ts'
import type { InputFile } from '../../contracts/sandbox.ts'
import { toJsonText } from '../../domain/json/to-json-text.ts'
import type { RunContext } from '../run/run-context.ts'

/**
 * The files that a script finds: those of the request, and of each step that it needs the value as `<id>.value.json` and
 * the artifacts as `<id>.<name>`. A file of the request goes before another of the same name.
 */
export function scriptInputs({ request, progress }: RunContext, step: ScriptStep): InputFile[] {
  const inputs = new Map<string, InputFile>(request.files.map((file) => [file.name, file]))
  for (const id of step.needs) {
    const finished = progress.steps.get(id)
    if (finished === undefined || !finished.succeeded) continue
    const value: InputFile = { name: `${id}.value.json`, content: toText(finished.value, step) }
    const artifacts = finished.artifacts.map(({ name, path }): InputFile => ({ name: `${id}.${basename(name)}`, path }))
    for (const file of [value, ...artifacts]) if (!inputs.has(file.name)) inputs.set(file.name, file)
  }
  return [...inputs.values()]
}

/** As the language's own reader of JSON takes it: Python has numbers of any size, and words for NaN and the infinities. */
function toText(value: JsonValue, { language }: ScriptStep): string {
  return toJsonText(value, language === 'python' ? { digits: true, names: true } : {})
}
