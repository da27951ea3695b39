import type { App, AppSelection } from '../app/open-app.ts'
import type { Terminal } from './terminal.ts'

export interface OptionSpecification {
  /** Long name without dashes. */
  name: string
  short?: string
  /** Absent for a switch; else the placeholder that help shows, such as `FILE`. */
  value?: string
  repeated?: boolean
  summary: string
}

/** One row of the command table: enough for help, completion and parsing, without loading the command's code. */
export interface CommandSpecification {
  /** One or two words, such as `run` or `tools list`. */
  name: string
  summary: string
  /** Positional arguments as help shows them, such as `REQUEST…`. Empty where there are none. */
  positionals: string
  /** How many positionals are allowed. */
  arity: { least: number; most: number }
  options: OptionSpecification[]
  /** Shown below the options in the command's help. */
  notes?: string
  examples: string[]
  load: () => Promise<{ runCommand: CommandHandler }>
}

export type OptionValues = Record<string, string | string[] | boolean | undefined>

export interface CommandContext {
  options: OptionValues
  positionals: string[]
  terminal: Terminal
  environment: Record<string, string | undefined>
  workingFolder: string
  /** Opens the application; the caller of the command closes it. */
  openApp: (selection?: AppSelection) => Promise<App>
  /** Aborted by Ctrl-C, SIGTERM and SIGHUP. */
  signal: AbortSignal
}

/** Returns the exit code. Errors are thrown as `HandaxeError`. */
export type CommandHandler = (context: CommandContext) => Promise<number>
