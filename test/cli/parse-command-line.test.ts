import { describe, expect, test } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { parseCommandLine } from '../../src/cli/parse-command-line.ts'
import { HandaxeError } from '../../src/contracts/errors.ts'

const parse = (...args: string[]) => parseCommandLine(args, COMMANDS)

describe('parseCommandLine', () => {
  test('finds commands of one and of two words', () => {
    expect(parse('run', 'what?')).toMatchObject({ kind: 'command', command: { name: 'run' }, positionals: ['what?'] })
    expect(parse('tools', 'show', 'x@2')).toMatchObject({ command: { name: 'tools show' }, positionals: ['x@2'] })
  })

  test('repeated and short options, a dash as file, and words after --', () => {
    expect(parse('run', '-f', 'a.csv', '--file=b.csv', '-q', '--', '--odd')).toMatchObject({
      options: { file: ['a.csv', 'b.csv'], quiet: true },
      positionals: ['--odd'],
    })
    expect(parse('exec', '-')).toMatchObject({ positionals: ['-'] })
  })

  test('help and version wherever people put them', () => {
    for (const line of [[], ['--help'], ['-h'], ['help']]) expect(parse(...line).kind).toBe('help')
    expect(parse('run', '--help')).toMatchObject({ kind: 'help', command: { name: 'run' } })
    expect(parse('help', 'tools', 'list')).toMatchObject({ kind: 'help', command: { name: 'tools list' } })
    expect(parse('tools')).toMatchObject({ kind: 'help', group: 'tools' })
    expect(parse('--version').kind).toBe('version')
    expect(parse('run', '-V').kind).toBe('version')
  })

  test.each([
    [['exce', 'x'], /no command "exce"/, /handaxe exec/],
    [['tools', 'lst'], /no command "tools lst"/, /tools list/],
    [['exec', '--timeut', '3'], /--timeout-ms/, /exec --help/],
    [['run', '--file'], /--file/, /run --help/],
    [['tools', 'show'], /NAME\[@VERSION\] is missing/, /tools show --help/],
    [['doctor', 'who'], /too many/, /doctor --help/],
    [['run', '--json=yes', 'x'], /--json/, /run --help/],
    [['--nothing'], /--nothing stands before the command/, /--help/],
    [['--json', 'tools', 'list'], /--json stands before the command/, /handaxe COMMAND --json/],
    [['tool'], /no command "tool"/, /`handaxe tools`/],
    [['sesions', 'list'], /no command "sesions"/, /`handaxe sessions`/],
    [['run', '--timeout-ms', '-5', 'x'], /^--timeout-ms takes a value; .*--timeout-ms=VALUE$/, /run --help/],
    [['run', 'x', '-m'], /^--model takes a value$/, /run --help/],
  ])('%j is a usage error that says what to do', (line, message, hint) => {
    let error: unknown
    try {
      parse(...line)
    } catch (thrown) {
      error = thrown
    }
    expect(HandaxeError.isInstance(error)).toBe(true)
    const { code, exitCode, ...rest } = error as HandaxeError
    expect(code).toBe('invalid_request')
    expect((error as HandaxeError).exitCode).toBe(2)
    expect(exitCode === undefined || exitCode === 2).toBe(true)
    expect((error as HandaxeError).message).toMatch(message)
    expect(rest.hint).toMatch(hint)
  })

  test('every command has a summary, an example that names it, and no option twice', () => {
    for (const command of COMMANDS) {
      expect(command.summary).not.toBe('')
      expect(command.examples.join(' ')).toContain(`handaxe ${command.name}`)
      const names = command.options.flatMap((option) =>
        [option.name, option.short].filter((name) => name !== undefined),
      )
      expect(new Set(names).size, command.name).toBe(names.length)
    }
  })
})
