#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// V8's compiled code is kept between calls: without it the parsing of the bundle is half of `--version`.
enableCompileCache()
const { runCli } = await import('./run-cli.ts')
process.exitCode = await runCli(process.argv.slice(2))
