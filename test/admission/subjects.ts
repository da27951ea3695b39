import type { ToolUnderTest } from '../../src/admission/subject.ts'
import type { JsonSchema } from '../../src/contracts/json.ts'
import type { ToolLanguage } from '../../src/contracts/sandbox.ts'
import type { ToolSignature } from '../../src/contracts/tool.ts'

/** A tool called `f` with these parameters, all required. */
export function subject(
  language: ToolLanguage,
  code: string,
  parameters: Record<string, JsonSchema> = { x: { type: 'number' } },
): ToolUnderTest {
  return { code, signature: signature(language, parameters), tools: [] }
}

export function signature(
  language: ToolLanguage,
  parameters: Record<string, JsonSchema>,
  required: string[] = Object.keys(parameters),
): ToolSignature {
  return {
    name: 'f',
    function: 'f',
    language,
    summary: '',
    description: '',
    inputSchema: { type: 'object', properties: parameters, required, additionalProperties: false },
    outputSchema: {},
    imports: [],
    uses: [],
  }
}
