import type { ToolLanguage } from '../../../contracts/sandbox.ts'
import type { ToolVersion } from '../../../contracts/tool.ts'
import { joinAssets } from '../../../util/join-assets.ts'
import { toJsonText } from '../json-text.ts'
import { renderToolList, TOOL_LIST_FILE } from '../render-tool-list.ts'
import type { PackageOptions } from '../python/render-package.ts'
import type { ExportPlan } from '../write/plan-export.ts'
import type { RenderedFile } from '../write/write-export.ts'
import { renderComment, renderKey, renderTypeScript } from './render-type.ts'

/** An npm package whose module gives the tools as the AI SDK's `tool()`; their code runs in handaxe's sandbox. */
export async function renderAiSdkModule(plan: ExportPlan, options: PackageOptions): Promise<RenderedFile[]> {
  const { packageName, packageVersion } = options
  const modules = await plan.modulesOf(plan.tools)
  return [
    { path: 'package.json', content: renderPackage({ packageName, packageVersion }) },
    { path: 'index.mjs', content: await joinAssets(['library/formats/ai-sdk/index.mjs']) },
    { path: 'index.d.mts', content: renderDeclarations(plan.tools) },
    { path: TOOL_LIST_FILE, content: renderToolList(plan, { kind: 'ai-sdk', packageName, modules, fileOf }) },
    ...modules.map(({ name, language, code }) => ({ path: fileOf(name, language), content: code })),
  ]
}

function fileOf(module: string, language: ToolLanguage): string {
  return `code/${module}.${language === 'python' ? 'py' : 'mjs'}`
}

function renderPackage({ packageName, packageVersion }: PackageOptions): string {
  return toJsonText({
    name: packageName.replaceAll('_', '-'),
    version: packageVersion,
    private: true,
    type: 'module',
    exports: { '.': { types: './index.d.mts', default: './index.mjs' } },
    peerDependencies: { ai: '^7.0.0', handaxe: '>=0.1.0' },
  })
}

function renderDeclarations(tools: readonly ToolVersion[]): string {
  const entries = tools.map(({ name, summary, inputSchema, outputSchema }) => {
    const input = renderTypeScript(inputSchema, '  ')
    const output = renderTypeScript(outputSchema, '  ')
    return `${renderComment(summary, '  ')}  ${renderKey(name)}: HandaxeTool<${input}, ${output}>\n`
  })
  return `${DECLARATIONS_HEAD}
/** The tools, by name. */
export type HandaxeTools = {
${entries.join('')}}

/** The tools over a sandbox that stays with the caller. */
export declare function createTools(options: ToolsOptions & { sandbox: Sandbox }): HandaxeTools

/** Opens a sandbox for the tools. Without options it takes \`python3\` from the PATH. */
export declare function openTools(
  options?: ToolsOptions & Partial<SandboxOptions>,
): Promise<{ tools: HandaxeTools; close(): Promise<void> }>
`
}

const DECLARATIONS_HEAD = `import type { Tool, ToolExecutionOptions } from 'ai'
import type { Execution, Sandbox, SandboxOptions } from 'handaxe'

/** A tool of the AI SDK that can always be executed. */
export type HandaxeTool<Input, Output> = Tool<Input, Output> & {
  execute(input: Input, options: Pick<ToolExecutionOptions<unknown>, 'abortSignal'>): Promise<Output>
}

export interface ToolsOptions {
  /** For all executions: limits, input files (a tool finds them in \`/box/input\`), network, the folder of artifacts. */
  execution?: Pick<Execution, 'limits' | 'inputs' | 'network' | 'artifactsFolder'>
}
`
