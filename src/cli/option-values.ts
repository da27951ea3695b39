import { HandaxeError } from '../contracts/errors.ts'
import type { OptionValues } from './command.ts'

export function textOption(options: OptionValues, name: string): string | undefined {
  const value = options[name]
  return typeof value === 'string' ? value : undefined
}

export function listOption(options: OptionValues, name: string): string[] {
  const value = options[name]
  return Array.isArray(value) ? value : typeof value === 'string' ? [value] : []
}

export function switchOption(options: OptionValues, name: string): boolean {
  return options[name] === true
}

/** A positive number; `whole` where fractions make no sense (milliseconds, bytes). */
export function numberOption(options: OptionValues, name: string, { whole }: { whole: boolean }): number | undefined {
  const text = textOption(options, name)
  if (text === undefined) return undefined
  const value = Number(text)
  const fits = text.trim() !== '' && Number.isFinite(value) && value > 0 && (!whole || Number.isSafeInteger(value))
  if (!fits) {
    throw new HandaxeError(
      'invalid_request',
      `--${name} takes a positive ${whole ? 'whole ' : ''}number, not "${text}"`,
      {
        hint: `Example: --${name} ${whole ? (name.endsWith('-ms') ? '30000' : '20') : '0.5'}`,
      },
    )
  }
  return value
}

export function choiceOption<Choice extends string>(
  options: OptionValues,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const text = textOption(options, name)
  if (text === undefined) return undefined
  const found = choices.find((choice) => choice === text)
  if (found === undefined) {
    throw new HandaxeError('invalid_request', `--${name} takes one of ${choices.join(', ')}, not "${text}"`)
  }
  return found
}
