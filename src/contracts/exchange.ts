import type { JsonSchema } from './json.ts'
import type { ToolLanguage } from './sandbox.ts'
import type { Provenance, ToolNeeds, ToolState, ToolTest, ToolVersion } from './tool.ts'

/** The forms in which tools go out. All but `ai-sdk` are made to be edited by hand and read back. */
export const EXPORT_FORMATS = ['skill', 'python', 'ai-sdk', 'bundle'] as const

export type ExportFormat = (typeof EXPORT_FORMATS)[number]

export interface ExportOptions {
  format: ExportFormat
  /** Made where it is missing. Files in it that no export wrote are never touched. */
  folder: string
  /**
   * Versions that the tools import and that are not exported for their own sake: they come along so that the others work.
   * One of them is called `name__v1` where its name belongs to a tool that is exported.
   */
  imported?: readonly ToolVersion[]
  /** Replaces files that were edited by hand since the last export, all or those below these folders; without it they are an error. */
  overwrite?: boolean | readonly string[]
  /** Folders below `folder` that stay as they are, with their lines in the manifest: for those of which somebody else decides. */
  leave?: readonly string[]
  /** Of the `python` and `ai-sdk` forms. Default `handaxe_tools`; npm gets it with hyphens. */
  packageName?: string
  /** Of the `python` and `ai-sdk` forms. Default `0.1.0`. */
  packageVersion?: string
}

/** Hashes of all files of an export. They show what changed; they do not show who made it. */
export interface ExportManifest {
  kind: ExportFormat
  formatVersion: number
  /** sha256, hexadecimal, of the lines `<sha256>  <path>\n` of all files in the order of their paths. */
  rootHash: string
  /** sha256, hexadecimal, by path below the folder; in a bundle, of each tool by `name@version`. */
  files: Record<string, string>
}

export interface ManifestCheck {
  kind: ExportFormat
  rootHash: string
  /** Nothing changed, nothing missing, nothing added, and the root hash is that of the files. */
  ok: boolean
  /** False where the manifest itself was edited. */
  rootHashMatches: boolean
  changed: string[]
  missing: string[]
  /** Files that the manifest does not name; hidden ones and what Python and npm leave behind are not counted. */
  added: string[]
}

export interface ExportResult {
  format: ExportFormat
  /** Absolute. */
  folder: string
  rootHash: string
  /** Paths below the folder, the manifest included. */
  files: string[]
  /** Files of the previous export that this one has not. */
  removed: string[]
  tools: { name: string; version: number }[]
  /** Tools that this form cannot hold. */
  leftOut: { name: string; version: number; reason: string }[]
  /** What a user should know, one sentence each. */
  notes: string[]
}

/** What the source says of the tool. None of it is believed: signature and state are found out here. */
export interface DeclaredTool {
  version?: number
  summary?: string
  description?: string
  inputSchema?: JsonSchema
  outputSchema?: JsonSchema
  imports?: string[]
  uses?: string[]
  pins?: ToolVersion['pins']
  needs?: ToolNeeds
  /** It comes along because another one imports it. */
  isImported?: boolean
  codeHash?: string
  state?: ToolState
  stateReason?: string
  provenance?: Provenance
  /** The Agent Skill that it lies in. */
  skill?: { name: string; description: string; license?: string }
}

/** A tool from outside, as text: nothing of it was executed. It is verified before it is saved. */
export interface ImportCandidate {
  /** Below what was read, with `/`, such as `volatility/scripts/volatility.py`; in a bundle `file.json#name@1`. */
  sourcePath: string
  language: ToolLanguage
  /** As the library keeps it: UTF-8, LF, ES module without types, other tools imported from `tools`. */
  code: string
  name?: string
  whenToUse?: string
  exampleRequests?: string[]
  tests?: ToolTest[]
  declared: DeclaredTool
  /** Whether code, tests or texts differ from what was exported; null where there is no record of that. */
  changed: boolean | null
  /** What keeps it from being a tool as it is. */
  problems: string[]
  /** What a person should know before it is used. */
  notes: string[]
}

/** What was found in a file or folder. */
export interface ToolReading {
  kind: 'bundle' | 'skills' | 'python-package' | 'ai-sdk' | 'files'
  candidates: ImportCandidate[]
  /** Files and folders that no candidate was made of, with the reason. */
  leftOut: { path: string; reason: string }[]
  /** Null where there is no manifest. */
  manifest: ManifestCheck | null
  notes: string[]
}

/** A version of the library or a candidate. */
export type ComparableTool = Pick<ToolVersion, 'language' | 'code'> &
  Partial<Pick<ToolVersion, 'name' | 'whenToUse' | 'exampleRequests' | 'tests' | 'inputSchema' | 'outputSchema'>>

export interface ToolDifference {
  name: string
  change: 'added' | 'removed' | 'changed' | 'same'
  /** What changed besides the code, one line each, safe to print. */
  lines: string[]
  /** Unified diff, safe to print: hidden characters are written out as `\u{202e}`. Null where the code is the same. */
  codeDiff: string | null
}
