#!/usr/bin/env node
// Not by its name: a Node without it could not even begin to say that it is too old.
import * as nodeModule from 'node:module'

const OLDEST_NODE = 24

if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
  process.stderr.write(
    `error handaxe needs Node ${OLDEST_NODE} or later; this is ${process.versions.node}\n  → Install it from https://nodejs.org, or run it by \`npx -p node@${OLDEST_NODE} -p handaxe handaxe\`.\n`,
  )
  process.exitCode = 2
} else {
  // V8's compiled code is kept between calls: without it the parsing of the bundle is half of `--version`.
  nodeModule.enableCompileCache()
  const { runCli } = await import('./run-cli.ts')
  process.exitCode = await runCli(process.argv.slice(2))
}
