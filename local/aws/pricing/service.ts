import { createHash } from 'node:crypto'
import { AwsError } from '../aws-error.ts'
import { type Infer, integer, list, oneOf, required, string, structure } from '../protocol/shape.ts'
import { action, type Service } from '../service.ts'
import type { State } from '../state.ts'
import { PRODUCTS, type Product, REGIONS } from './products.ts'

/** https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_pricing_GetProducts.html */
const RESULTS_MAX = 100
const FILTERS_MAX = 50
const PUBLISHED = '2026-10-04T00:00:00Z'

const filter = structure({
  Type: required(oneOf('TERM_MATCH', 'EQUALS', 'CONTAINS', 'ANY_OF', 'NONE_OF')),
  Field: required(string),
  Value: required(string),
})
type Filter = NonNullable<(typeof filter)['type']>

const members = {
  ServiceCode: required(string),
  Filters: list(filter),
  FormatVersion: string,
  NextToken: string,
  MaxResults: integer,
}

/** AWS Price List Query API: GetProducts. Its endpoints are in three Regions, each with the prices of all. */
export function pricingService(state: State): Service {
  const products = productsOf(state.world.prices ?? {}, state.world.region)
  return {
    scope: 'pricing',
    regions: ['us-east-1', 'eu-central-1', 'ap-south-1'],
    json: { prefix: 'AWSPriceListService', version: '1.1' },
    actions: {
      GetProducts: action(members, (input) => getProducts(products, input), { readOnly: true }),
    },
    refuse: ({ message }) => new AwsError('InvalidParameterException', message),
  }
}

type Listed = { serviceCode: string; attributes: Readonly<Record<string, string>>; json: string }

function getProducts(products: readonly Listed[], input: Infer<typeof members>): unknown {
  const { ServiceCode, Filters = [], FormatVersion = 'aws_v1', NextToken, MaxResults = RESULTS_MAX } = input
  if (FormatVersion !== 'aws_v1') throw invalid(`Invalid format version: ${FormatVersion}`)
  if (MaxResults < 1 || MaxResults > RESULTS_MAX) throw invalid(`MaxResults must be 1 to ${RESULTS_MAX}`)
  if (Filters.length > FILTERS_MAX) throw invalid(`At most ${FILTERS_MAX} filters can be given`)
  const ofService = products.filter(({ serviceCode }) => serviceCode === ServiceCode)
  if (ofService.length === 0) throw invalid(`No service is called ${ServiceCode} in the local price list`)
  const found = ofService.filter(({ attributes }) => Filters.every((one) => fits(attributes, one)))
  const from = offsetOf(NextToken)
  const next = from + MaxResults
  return {
    FormatVersion,
    PriceList: found.slice(from, next).map(({ json }) => json),
    ...(next < found.length && { NextToken: `from-${next}` }),
  }
}

function fits(attributes: Readonly<Record<string, string>>, { Type, Field, Value }: Filter): boolean {
  const given = attributes[Field]
  const values = Value.split(',')
  switch (Type) {
    case 'TERM_MATCH':
    case 'EQUALS':
      return given === Value
    case 'CONTAINS':
      return given?.includes(Value) === true
    case 'ANY_OF':
      return given !== undefined && values.includes(given)
    case 'NONE_OF':
      return given === undefined || !values.includes(given)
  }
}

function offsetOf(token: string | undefined): number {
  if (token === undefined) return 0
  if (!/^from-\d{1,9}$/.test(token)) throw new AwsError('InvalidNextTokenException', 'Invalid NextToken')
  return Number(token.slice('from-'.length))
}

const invalid = (message: string): AwsError => new AwsError('InvalidParameterException', message)

/** Every product in every Region of the list, and in that of these endpoints. */
function productsOf(changed: Readonly<Record<string, number>>, home: string): Listed[] {
  const regions = { [home]: `${home.toUpperCase()}-`, ...REGIONS }
  return Object.entries(regions).flatMap(([region, prefix]) =>
    PRODUCTS.map((product) => {
      const price = region === home ? changed[product.usageType] : undefined
      return listed(
        price === undefined ? product : { ...product, tiers: [{ from: 0, usd: price }] },
        region,
        prefix,
      )
    }),
  )
}

/** A product in the format aws_v1. */
function listed(product: Product, region: string, prefix: string): Listed {
  const { serviceCode, family, usageType, unit, tiers } = product
  const sku = createHash('sha256').update(`${serviceCode} ${family} ${usageType} ${region}`).digest('hex')
  const id = sku.slice(0, 16).toUpperCase()
  const offer = `${id}.JRTCKXETXF`
  const own = {
    regionCode: region,
    locationType: 'AWS Region',
    servicecode: serviceCode,
    usagetype: `${prefix}${usageType}`,
    ...product.attributes,
    ...(product.attributes?.transferType && { fromRegionCode: region, toRegionCode: region }),
  }
  const priceDimensions = Object.fromEntries(
    tiers.map(({ from, usd }, index) => [
      `${offer}.${index}`,
      {
        unit,
        beginRange: String(from),
        endRange: tiers[index + 1] ? String(tiers[index + 1]?.from) : 'Inf',
        description: `$${usd.toFixed(10)} per ${unit}`,
        appliesTo: [],
        rateCode: `${offer}.${index}`,
        pricePerUnit: { USD: usd.toFixed(10) },
      },
    ]),
  )
  const json = JSON.stringify({
    product: { productFamily: family, attributes: own, sku: id },
    serviceCode,
    terms: {
      OnDemand: {
        [offer]: {
          priceDimensions,
          sku: id,
          effectiveDate: PUBLISHED,
          offerTermCode: 'JRTCKXETXF',
          termAttributes: {},
        },
      },
    },
    version: '20261004000000',
    publicationDate: PUBLISHED,
  })
  return { serviceCode, attributes: { ...own, productFamily: family }, json }
}
