import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import {
  prepareEdit,
  saveEdit,
  type EditableTexts,
  type EditOutcome,
  type PreparedEdit,
} from '../../app/life/edit-tool.ts'
import { HandaxeError } from '../../contracts/errors.ts'
import type { CommandContext } from '../command.ts'
import { switchOption, textOption } from '../option-values.ts'
import { runEditor } from '../run-editor.ts'
import { hangingText } from '../terminal.ts'

export async function runCommand(context: CommandContext): Promise<number> {
  const { options, positionals, signal } = context
  const app = await context.openApp()
  const given = { code: textOption(options, 'code'), tests: textOption(options, 'tests') }
  const isGiven = given.code !== undefined || given.tests !== undefined
  if (!isGiven) assertEditable(context)
  const prepared = await prepareEdit(app, positionals[0] ?? '')
  if (isGiven) {
    const texts = { code: await readText(context, given.code), tests: await readText(context, given.tests) }
    const edited = { code: texts.code ?? prepared.texts.code, tests: texts.tests ?? prepared.texts.tests }
    return show(context, await saveEdit(app, prepared, edited, { signal }), null)
  }
  const folder = await mkdtemp(join(tmpdir(), 'handaxe-edit-'))
  let keep = false
  try {
    const edited = await editTexts(context, prepared, folder)
    context.terminal.writeProgress('Verifying it in the sandbox …\n')
    const outcome = await saveEdit(app, prepared, edited, { signal })
    // An hour's work must not be lost to a misspelt name.
    keep = outcome.outcome === 'refused'
    return show(context, outcome, keep ? { folder, codeFile: prepared.codeFile } : null)
  } finally {
    if (!keep) await rm(folder, { recursive: true, force: true })
  }
}

function assertEditable({ terminal, positionals }: CommandContext): void {
  if (terminal.interactive) return
  throw new HandaxeError('invalid_request', 'Editing needs a terminal, and there is none', {
    hint: `Give the edited files instead: handaxe tools edit ${positionals[0] ?? 'NAME'} --code FILE --tests FILE`,
  })
}

async function readText({ workingFolder }: CommandContext, file: string | undefined): Promise<string | null> {
  if (file === undefined) return null
  try {
    return await readFile(resolve(workingFolder, file), 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new HandaxeError('invalid_input_file', `${file} cannot be read (${code})`, { cause: error })
  }
}

async function editTexts(
  { environment }: CommandContext,
  { codeFile, texts }: PreparedEdit,
  folder: string,
): Promise<EditableTexts> {
  const editor = environment['VISUAL'] || environment['EDITOR']
  if (!editor) {
    throw new HandaxeError('invalid_request', 'No editor is set', {
      hint: 'Set VISUAL or EDITOR, such as EDITOR=vi, or give the edited files by --code FILE and --tests FILE.',
    })
  }
  const paths = { code: join(folder, codeFile), tests: join(folder, 'tests.json') }
  await writeFile(paths.code, texts.code)
  await writeFile(paths.tests, texts.tests)
  await runEditor(editor, [codeFile, 'tests.json'], { folder })
  return { code: await readFile(paths.code, 'utf8'), tests: await readFile(paths.tests, 'utf8') }
}

function show(
  { options, terminal }: CommandContext,
  outcome: EditOutcome,
  kept: { folder: string; codeFile: string } | null,
): number {
  const exitCode = outcome.outcome === 'unchanged' || outcome.outcome === 'verified' ? 0 : 1
  if (switchOption(options, 'json')) terminal.writeResult(`${JSON.stringify(outcome)}\n`)
  else {
    if (outcome.difference !== '') terminal.writeResult(`${outcome.difference}\n`)
    const lines = [...outcome.problems, ...(outcome.succession?.differences ?? []), ...outcome.notes]
    for (const line of lines) terminal.writeProgress(`· ${hangingText(line)}\n`)
  }
  terminal.writeProgress(`${describe(outcome)}\n`)
  if (kept !== null) {
    const files = `--code ${join(kept.folder, kept.codeFile)} --tests ${join(kept.folder, 'tests.json')}`
    terminal.writeProgress(`Your text is kept: handaxe tools edit ${outcome.name}@${outcome.basedOn} ${files}\n`)
  }
  return exitCode
}

function describe({ name, outcome, version, reason }: EditOutcome): string {
  switch (outcome) {
    case 'unchanged':
      return 'Nothing was changed.'
    case 'refused':
      return `It was refused: ${name} is as it was.`
    case 'verified':
      return `${name} version ${version} is verified: ${hangingText(reason)}.`
    case 'candidate':
      return (
        `${name} version ${version} is a candidate, which runs do not use: ${hangingText(reason)}.\n` +
        `Where that is what you want: handaxe tools verify ${name}@${version} --accept`
      )
  }
}
