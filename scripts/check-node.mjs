// Runs before every npm script that needs Node 24: an old Node would otherwise fail later with a syntax error.
const major = Number(process.versions.node.split('.')[0])
if (major < 24) {
  console.error(
    `handaxe needs Node 24 or newer, this is ${process.version} (${process.execPath}).\n` +
      'Run `npm install` first: on Linux x64 and arm64 with glibc it brings Node 24 with it. Elsewhere install Node 24.',
  )
  process.exit(2)
}
