/// <reference path="./.sst/platform/config.d.ts" />

export default $config({
  async app({ stage }) {
    const [{ default: deployment }, { readInputs }] = await Promise.all([
      import('./deployment.json'),
      import('./infra/inputs.ts'),
    ])
    const { region, tags } = readInputs(deployment, stage)
    const name = 'shadowmeter'
    return {
      name,
      home: 'aws',
      removal: stage === 'production' ? 'retain' : 'remove',
      protect: stage === 'production',
      providers: {
        aws: {
          // The version that SST 4.17.1 is written for.
          version: '7.20.0',
          region,
          defaultTags: { tags: { ...tags, 'managed-by': name, deployment: `${name}/${stage}` } },
        },
      },
    }
  },
  async run() {
    await (await import('./infra/gate.ts')).refuseWhileMirroring()
    await import('./infra/defaults.ts')
    const { api } = await import('./infra/api.ts')
    const { site } = await import('./infra/console.ts')
    const { mirrorTarget } = await import('./infra/mirror.ts')
    const { notices } = await import('./infra/notices.ts')
    const { records } = await import('./infra/records.ts')
    const { evidence } = await import('./infra/storage.ts')
    const { table } = await import('./infra/table.ts')
    await import('./infra/events.ts')
    await import('./infra/alarms.ts')
    await import('./infra/dashboard.ts')
    await import('./infra/removal.ts')
    return {
      api: api.machines.url,
      console: site?.url ?? 'none: deployment.json names no people',
      mirrorTarget: mirrorTarget.id,
      table: table.name,
      evidence: evidence.bucket,
      records: records.bucket,
      notices: notices?.arn ?? 'none: deployment.json asks for none',
    }
  },
})
