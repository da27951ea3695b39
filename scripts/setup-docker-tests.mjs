// An engine for the docker tests that stays on, for working on that backend: `npm test` starts and stops one of its own.
//
//   node scripts/setup-docker-tests.mjs [--stop]
//   npx vitest run test/sandbox/docker
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IMAGE, isUp, startEngine, stopEngine } from './docker-engine.mjs'
import { ensureDependencies } from './ensure-dependencies.mjs'

/** Where the tests look for an engine when nobody tells them. */
const FOLDER = join(tmpdir(), 'handaxe-docker-tests')
const SOCKET = join(FOLDER, 'docker.sock')

if (process.argv.includes('--stop')) await stopEngine(FOLDER)
else {
  if (!isUp(SOCKET)) await startEngine(FOLDER, ensureDependencies(), { staysOn: true })
  console.log(`The engine of the docker tests listens at ${SOCKET} and has ${IMAGE}`)
}
