/** `npm run -s bench -- NAME [options]`: each benchmark prints its table, or with `--json` one object. */
const BENCHMARKS: Record<string, () => Promise<{ runBench(args: string[]): Promise<void> }>> = {
  retrieval: () => import('./retrieval.ts'),
  sandbox: () => import('./sandbox.ts'),
  startup: () => import('./startup.ts'),
  tokens: () => import('./tokens.ts'),
  vectors: () => import('./vectors.ts'),
}

const [name = '', ...args] = process.argv.slice(2)
const load = BENCHMARKS[name]
if (load === undefined) {
  console.error(`Which benchmark? ${Object.keys(BENCHMARKS).join(', ')}`)
  process.exitCode = 2
} else {
  const { runBench } = await load()
  await runBench(args)
}
