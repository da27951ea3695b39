import { z } from 'zod'
import type { JsonObject } from '../../contracts/json.ts'
import type { Sandbox } from '../../contracts/sandbox.ts'
import type { ToolSignature } from '../../contracts/tool.ts'
import { joinAssets } from '../../util/join-assets.ts'
import type { ToolUnderTest } from '../subject.ts'

export interface AliasRequest {
  /** The tool whose name, parameters and description stay. */
  other: ToolUnderTest
  /** The name of the tool that it calls. */
  kept: string
  /** Parameters of `other` with those of the kept tool, from `alignParameters`. */
  names: ReadonlyMap<string, string>
  /** What is passed besides, by parameter of the kept tool. */
  constants?: JsonObject
  signal?: AbortSignal
}

/** The code of a tool that is called as `other` is and calls `kept`; null where it cannot be written. */
export async function renderAlias(sandbox: Sandbox, request: AliasRequest): Promise<string | null> {
  return request.other.signature.language === 'python' ? renderPython(sandbox, request) : renderJavascript(request)
}

async function renderPython(
  sandbox: Sandbox,
  { other, kept, names, constants = {}, signal }: AliasRequest,
): Promise<string | null> {
  const { function: called } = other.signature
  const result = await sandbox.execute({
    language: 'python',
    code: await joinAssets(['admission/guest/alias_tool.py']),
    call: {
      function: 'alias_code',
      arguments: { code: other.code, function: called, target: kept, names: [...names], constants },
    },
    ...(signal ? { signal } : {}),
  })
  signal?.throwIfAborted()
  return result.status === 'ok' ? z.string().nullable().parse(result.value) : null
}

async function renderJavascript({ other, kept, names, constants = {} }: AliasRequest): Promise<string> {
  const template = await joinAssets(['admission/guest/alias-tool.mjs'])
  return template
    .replace('KEPT', () => kept)
    .replace('FUNCTION', () => toIdentifier(other.signature))
    .replace("'{{NAMES}}'", () => JSON.stringify([...names]))
    .replace("'{{CONSTANTS}}'", () => JSON.stringify(constants))
    .replace("'{{TOOL}}'", () => JSON.stringify(toRecord(other.signature), null, 2))
}

function toIdentifier({ name }: ToolSignature): string {
  return name.replaceAll(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

function toRecord({ name, description, inputSchema, outputSchema }: ToolSignature): object {
  return { name, description, inputSchema, outputSchema }
}
