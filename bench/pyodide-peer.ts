/**
 * The one-liner in Pyodide, in a Node process of its own: `once MODULE` loads it, prints the value and ends; `serve MODULE`
 * loads it once and prints the value for every line on standard input, all in one interpreter.
 */
import { createInterface } from 'node:readline'

interface Pyodide {
  runPython(code: string): unknown
}

const [mode, module = '', program = ''] = process.argv.slice(2)
const { loadPyodide } = (await import(module)) as { loadPyodide(): Promise<Pyodide> }
const pyodide = await loadPyodide()
const print = (text: string) => void process.stdout.write(`${text}\n`)
const evaluate = () => print(String(pyodide.runPython(program)))
if (mode === 'once') evaluate()
else {
  pyodide.runPython(program)
  print('ready')
  createInterface({ input: process.stdin }).on('line', evaluate)
}
