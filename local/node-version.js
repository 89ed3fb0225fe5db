// Plain JavaScript, so that the Node which is too old can still say so.
if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    `Shadowmeter needs Node 24 or newer, this is ${process.version}. On Linux (x64, arm64) npm ci brings it; elsewhere install it.`,
  )
  process.exit(1)
}
