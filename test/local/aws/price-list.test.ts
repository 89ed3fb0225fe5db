import { GetProductsCommand, PricingClient } from '@aws-sdk/client-pricing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { errorCode, startTestCloud } from '../../support/aws-clients.ts'

const open = async (region = 'us-east-1') => {
  const { cloud } = await startTestCloud()
  const pricing = new PricingClient({
    region,
    endpoint: cloud.address,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  })
  onTestFinished(() => pricing.destroy())
  return (input: object) =>
    pricing.send(new GetProductsCommand({ ServiceCode: 'AmazonVPC', FormatVersion: 'aws_v1', ...input }))
}

describe('the local Price List', () => {
  it('answers with products as JSON in strings, filtered as asked', async () => {
    const getProducts = await open()

    const { PriceList = [], FormatVersion } = await getProducts({
      Filters: [
        { Type: 'TERM_MATCH', Field: 'regionCode', Value: 'eu-central-1' },
        { Type: 'CONTAINS', Field: 'usagetype', Value: 'ENI-Mirror' },
      ],
    })
    const [only] = PriceList.map((text: unknown) => JSON.parse(String(text)))

    expect(FormatVersion).toBe('aws_v1')
    expect(PriceList).toHaveLength(1)
    expect(only).toMatchObject({
      serviceCode: 'AmazonVPC',
      product: { attributes: { regionCode: 'eu-central-1', usagetype: 'EUC1-ENI-Mirror' } },
    })
    const [term] = Object.values<{ priceDimensions: object }>(only.terms.OnDemand)
    expect(Object.values(term!.priceDimensions)).toMatchObject([
      { unit: 'Hrs', beginRange: '0', endRange: 'Inf', pricePerUnit: { USD: '0.0150000000' } },
    ])
  })

  it('gives its products page by page', async () => {
    const getProducts = await open()
    const pages: number[] = []
    let NextToken: string | undefined
    do {
      const page = await getProducts({ MaxResults: 3, ...(NextToken && { NextToken }) })
      pages.push(page.PriceList?.length ?? 0)
      NextToken = page.NextToken
    } while (NextToken !== undefined)

    expect(pages.slice(0, -1).every((count) => count === 3)).toBe(true)
    expect(pages.length).toBeGreaterThan(1)
  })

  it('refuses what AWS refuses', async () => {
    const getProducts = await open()

    expect(await errorCode(getProducts({ ServiceCode: 'Bakery' }))).toBe('InvalidParameterException')
    expect(await errorCode(getProducts({ MaxResults: 101 }))).toBe('InvalidParameterException')
    expect(await errorCode(getProducts({ NextToken: 'x' }))).toBe('InvalidNextTokenException')
  })

  it('is in three Regions only', async () => {
    const [frankfurt, oregon] = [await open('eu-central-1'), await open('us-west-2')]

    expect((await frankfurt({})).PriceList).not.toEqual([])
    expect(await errorCode(oregon({}))).toBe('SignatureDoesNotMatch')
  })
})
