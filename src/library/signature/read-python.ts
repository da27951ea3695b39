import { z } from 'zod'
import type { JsonSchema } from '../../contracts/json.ts'
import type { Sandbox } from '../../contracts/sandbox.ts'
import type { ToolSignature } from '../../contracts/tool.ts'
import { joinAssets } from '../../util/join-assets.ts'
import { codeFacts, toGranted, type ReadOptions, type SignatureReading } from './code-facts.ts'

/** Later parts use what the earlier ones define. */
const PARTS = ['read_docstring.py', 'read_annotation.py', 'read_code_facts.py', 'read_python_signature.py']

const jsonSchema: z.ZodType<JsonSchema> = z.record(z.string(), z.json())
const signature: z.ZodType<ToolSignature> = z.strictObject({
  name: z.string(),
  function: z.string(),
  language: z.literal('python'),
  summary: z.string(),
  description: z.string(),
  inputSchema: jsonSchema,
  outputSchema: jsonSchema,
  imports: z.array(z.string()),
  uses: z.array(z.string()),
})
const reading = z.union([
  z.strictObject({ problems: z.array(z.string()).min(1) }),
  z.strictObject({ signature, facts: codeFacts }),
])

/** Reads a Python tool from its syntax tree, inside the sandbox. The module is never run: a hostile parser input ends there. */
export async function readPythonSignature(
  sandbox: Sandbox,
  code: string,
  options: ReadOptions,
): Promise<SignatureReading> {
  const result = await sandbox.execute({
    language: 'python',
    code: await joinAssets(PARTS.map((part) => `library/guest/${part}`)),
    call: { function: 'read_signature', arguments: { code } },
    ...toGranted(options),
  })
  options.signal?.throwIfAborted()
  if (result.status === 'ok') return reading.parse(result.value)
  // Deep nesting overflows the stack of Python's parser, which ends the process.
  return { problems: [`The code cannot be parsed: the parser ended with '${result.status}'.`] }
}
