import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { createHome, runCli } from '../support/run-cli.ts'
import { findPython, usePlainPython } from '../support/python.ts'

const withPackages = { HANDAXE_PYTHON: findPython() ?? '' }
usePlainPython()

let home: string

beforeEach(() => {
  home = createHome()
})

const exec = (args: string[], input = '') => runCli(home, ['exec', ...args], { input })

describe('handaxe exec', () => {
  test('passes on stdout, stderr and success', async () => {
    const outcome = await exec(['-'], 'import sys\nprint("out")\nprint("err", file=sys.stderr)')
    expect(outcome.exitCode, outcome.stderr).toBe(0)
    expect(outcome.stdout).toBe('out\n')
    expect(outcome.stderr).toContain('err\n')
  })

  test('takes the language from the ending or from --language', async () => {
    writeFileSync(join(home, 'a.ts'), 'const x: number = 20\nconsole.log(x + 1)')
    writeFileSync(join(home, 'a.mjs'), 'console.log(20 + 2)')
    writeFileSync(join(home, 'program'), 'console.log([1, 2].length)')
    expect((await exec(['a.ts'])).stdout).toBe('21\n')
    expect((await exec(['a.mjs'])).stdout).toBe('22\n')
    expect((await exec(['--language', 'javascript', 'program'])).stdout).toBe('2\n')
  })

  test.each(['077', '027'])('works under umask %s, which lets no other user into what is made', async (umask) => {
    writeFileSync(join(home, 'in.txt'), 'seven')
    const code = 'import pandas\nprint(open("/box/input/in.txt").read())\nopen("/box/output/a.txt", "w").write("x")'
    const options = { input: code, umask, environment: withPackages }
    const outcome = await runCli(home, ['exec', '--input', 'in.txt', '--artifacts', 'out', '-'], options)
    expect(outcome).toMatchObject({ exitCode: 0, stdout: 'seven\n' })
    expect(readFileSync(join(home, 'out', 'a.txt'), 'utf8')).toBe('x')
  })

  test('inputs lie in /box/input read-only, what is left in /box/output is delivered', async () => {
    writeFileSync(join(home, 'in.txt'), 'seven')
    const program = [
      'import os, pathlib',
      'text = pathlib.Path("/box/input/in.txt").read_text()',
      'try:',
      '    open("/box/input/in.txt", "w")',
      'except OSError as error:',
      '    print(type(error).__name__, error.errno)',
      'pathlib.Path("/box/output/sub").mkdir()',
      'pathlib.Path("/box/output/sub/copy.txt").write_text(text * 2)',
      'print(os.getcwd())',
      'result({"length": len(text)})',
    ].join('\n')
    const outcome = await exec(['--input', 'in.txt', '--artifacts', 'out', '--json', '-'], program)
    expect(outcome.exitCode, outcome.stderr).toBe(0)
    const result = JSON.parse(outcome.stdout)
    expect(result).toMatchObject({
      status: 'ok',
      backend: 'linux',
      value: { length: 5 },
      stdout: { head: 'OSError 30\n/box\n', totalBytes: 16, truncated: false },
      artifacts: [
        {
          name: 'sub/copy.txt',
          bytes: 10,
          mediaType: 'text/plain',
          sha256: createHash('sha256').update('sevenseven').digest('hex'),
        },
      ],
    })
    expect(readFileSync(join(home, 'out', 'sub', 'copy.txt'), 'utf8')).toBe('sevenseven')
    for (const name of ['wallMs', 'cpuMs', 'peakMemoryBytes', 'startupMs'])
      expect(result.usage[name]).toBeTypeOf('number')
    expect(result.guarantees).toMatchObject({
      backend: 'linux',
      isolation: 'namespaces',
      network: 'none',
      unprivilegedUser: process.getuid?.() === 0,
    })
  })

  test.each([
    ['raises', 'raise KeyError("lost")', 1, 'error', []],
    ['exits with a code of its own', 'import sys; sys.exit(7)', 7, 'error', []],
    ['runs too long', 'while True: pass', 124, 'timeout', ['--timeout-ms', '500']],
    [
      'takes too much memory',
      'b = bytearray(900 << 20)\nb[::4096] = b"x" * len(b[::4096])',
      137,
      'out-of-memory',
      ['--memory-mb', '200'],
    ],
    ['floods the output', 'import os\nwhile True: os.write(1, b"x" * 65536)', 125, 'output-limit', []],
  ])(
    'a program that %s: the exit code and the status say so, with --json too',
    async (_, program, exitCode, status, args) => {
      const outcome = await exec([...args, '--json', '-'], program)
      // A MemoryError that the program sees itself is an error of the program, and as good an end.
      if (status !== 'out-of-memory') expect(outcome.exitCode, outcome.stderr).toBe(exitCode)
      const result = JSON.parse(outcome.stdout)
      if (status === 'out-of-memory') {
        expect([status, 'error']).toContain(result.status)
        if (result.status === 'error') expect(result.error.type).toBe('MemoryError')
      } else expect(result.status).toBe(status)
      expect(outcome.wallMs).toBeLessThan(20_000)
    },
  )

  test('a program that is not there, a folder, an unknown language', async () => {
    mkdirSync(join(home, 'folder'))
    expect(await exec(['missing.py'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('missing.py does not exist'),
    })
    expect(await exec(['folder'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('folder is a folder') })
    expect(await exec(['--language', 'cobol', '-'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('python, javascript, typescript'),
    })
  })

  test('output that would steer the terminal is passed on as it is to a pipe: it is the program’s, not ours', async () => {
    const outcome = await exec(['-'], 'print("\\x1b[31mred")')
    expect(outcome.stdout).toBe('\u001b[31mred\n')
  })
})

describe('what an execution is given', () => {
  test('a folder, by its name, and the working folder by the name that it has', async () => {
    mkdirSync(join(home, 'work', 'data', 'sub'), { recursive: true })
    writeFileSync(join(home, 'work', 'data', 'sub', 'a.txt'), 'seven')
    const program = 'import sys\nprint(open("/box/input/" + "work/data/sub/a.txt").read())'
    const outcome = await runCli(home, ['exec', '--input', '.', '-'], {
      input: program,
      workingFolder: join(home, 'work'),
    })
    expect(outcome, outcome.stderr).toMatchObject({ exitCode: 0, stdout: 'seven\n' })
  })

  test('a function of the program is called, within the limits asked for', async () => {
    const program = 'def area(width: float, height: float = 2) -> float:\n    return width * height'
    const outcome = await exec(
      ['--call', 'area', '--arguments', '{"width": 21}', '--limit', 'processes=8', '--json', '-'],
      program,
    )
    expect(outcome.exitCode, outcome.stderr).toBe(0)
    expect(JSON.parse(outcome.stdout)).toMatchObject({ value: 42, limits: { processes: 8 } })
  })

  test('a private address is no host to reach, whoever asks for it', async () => {
    const outcome = await exec(['--network', '127.0.0.1:8080', '-'], 'print("ran")')
    expect(outcome).toMatchObject({ exitCode: 2, stdout: '' })
    expect(outcome.stderr).toContain('not a public address')
  })

  test('a name that leads to this machine is refused, and the report says so', async () => {
    // Names of the special-use list: `localhost` has no dot and is no host name for a rule at all.
    const program = [
      'import urllib.error, urllib.request',
      'try:',
      '    urllib.request.urlopen("http://unlisted.example.com/", timeout=20)',
      'except urllib.error.HTTPError as error:',
      '    result([error.code, error.headers.get("x-handaxe-refusal")])',
    ].join('\n')
    const outcome = await exec(['--network', 'api.example.com', '--json', '-'], program)
    expect(outcome.exitCode, outcome.stderr).toBe(0)
    expect(JSON.parse(outcome.stdout)).toMatchObject({
      value: [403, 'host-not-listed'],
      guarantees: { network: 'allow-list' },
      network: {
        usage: { requests: 1, refused: 1 },
        decisions: [{ host: 'unlisted.example.com', outcome: 'refused' }],
      },
    })
    expect(await exec(['--network', 'localhost', '-'], '')).toMatchObject({ exitCode: 2 })
  })

  test('a secret stands in no output: not in the report, not in what the program can see', async () => {
    const program = 'import os\nprint(sorted(os.environ.items()))\nprint(open("/proc/self/cmdline").read())'
    const args = ['--network', 'api.example.com', '--secret', 'api.example.com:Authorization=THE_KEY', '--json', '-']
    const outcome = await runCli(home, ['exec', ...args], { input: program, environment: { THE_KEY: 'zebra-9182' } })
    expect(outcome.exitCode, outcome.stderr).toBe(0)
    expect(JSON.parse(outcome.stdout).status).toBe('ok')
    expect(outcome.stdout + outcome.stderr).not.toContain('zebra')
    const unlisted = await runCli(home, ['exec', '--secret', 'api.example.com:Authorization=THE_KEY', '-'], {
      environment: { THE_KEY: 'zebra-9182' },
    })
    expect(unlisted).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('does not allow') })
    expect(unlisted.stderr).not.toContain('zebra')
  })

  test('the configuration is a ceiling over what a command asks for', async () => {
    writeFileSync(join(home, 'config.json'), '{"sandbox": {"network": {"allow": ["*.example.org"]}}}')
    expect(await exec(['--network', 'api.example.com', '-'], 'print("ran")')).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining('The policy does not allow api.example.com:443'),
    })
    expect(await exec(['--network', 'api.example.org', '-'], 'print("ran")')).toMatchObject({
      exitCode: 0,
      stdout: 'ran\n',
    })
  })

  test('what the sandbox cannot give is not executed without, by option and by configuration', async () => {
    const refused = { exitCode: 4, stdout: '', stderr: expect.stringContaining('gvisor is required') }
    expect(await exec(['--backend', 'linux', '--require', 'isolation=gvisor', '-'], 'print("ran")')).toMatchObject(
      refused,
    )
    writeFileSync(join(home, 'config.json'), '{"sandbox": {"backend": "linux", "require": {"isolation": "gvisor"}}}')
    expect(await exec(['-'], 'print("ran")')).toMatchObject(refused)
    expect(await exec(['--require', 'memory', '-'], 'print("ran")')).toMatchObject({ exitCode: 2, stdout: '' })
  })
})

describe('no sandbox', () => {
  test('without bubblewrap nothing runs, and the error says what to install', async () => {
    const empty = join(home, 'bin')
    mkdirSync(empty)
    const outcome = await runCli(home, ['exec', '-'], {
      input: 'print("ran")',
      environment: { PATH: empty, DOCKER_HOST: 'tcp://127.0.0.1:1' },
    })
    expect(outcome.exitCode).toBe(4)
    expect(outcome.stdout).toBe('')
    expect(outcome.stderr).toContain('sandbox_unavailable')
    expect(outcome.stderr).toContain('apt-get install')
  })
})
