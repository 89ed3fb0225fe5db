/** One price of the list. Tiers are of one product; `from` is where a tier begins. */
export type Product = {
  serviceCode: string
  family: string
  /** Without the short name of the Region that AWS puts before most of them. */
  usageType: string
  attributes?: Readonly<Record<string, string>>
  unit: string
  tiers: readonly { from: number; usd: number }[]
}

const flat = (usd: number): Product['tiers'] => [{ from: 0, usd }]

/** What the endpoints charge, in every Region: AWS's us-east-1 prices as they were publicly known on 2026-10-04. */
export const PRODUCTS: readonly Product[] = [
  {
    serviceCode: 'AmazonVPC',
    family: 'NetworkAnalysis',
    usageType: 'ENI-Mirror',
    unit: 'Hrs',
    tiers: flat(0.015),
  },
  {
    serviceCode: 'AmazonVPC',
    family: 'VpcEndpoint',
    usageType: 'VpcEndpoint-Hours',
    unit: 'Hrs',
    tiers: flat(0.01),
  },
  {
    serviceCode: 'AWSELB',
    family: 'Load Balancer-Network',
    usageType: 'LoadBalancerUsage',
    unit: 'Hrs',
    tiers: flat(0.0225),
  },
  {
    serviceCode: 'AWSELB',
    family: 'Load Balancer-Network',
    usageType: 'LCUUsage',
    unit: 'LCU-Hrs',
    tiers: flat(0.006),
  },
  {
    serviceCode: 'AWSELB',
    family: 'Load Balancer-Application',
    usageType: 'LCUUsage',
    unit: 'LCU-Hrs',
    tiers: flat(0.008),
  },
  {
    serviceCode: 'AmazonECS',
    family: 'Compute',
    usageType: 'Fargate-vCPU-Hours:perCPU',
    unit: 'hours',
    tiers: flat(0.04048),
  },
  {
    serviceCode: 'AmazonECS',
    family: 'Compute',
    usageType: 'Fargate-GB-Hours',
    unit: 'hours',
    tiers: flat(0.004445),
  },
  {
    serviceCode: 'AmazonECS',
    family: 'Compute',
    usageType: 'Fargate-ARM-vCPU-Hours:perCPU',
    unit: 'hours',
    tiers: flat(0.03238),
  },
  {
    serviceCode: 'AmazonECS',
    family: 'Compute',
    usageType: 'Fargate-ARM-GB-Hours',
    unit: 'hours',
    tiers: flat(0.00356),
  },
  {
    serviceCode: 'AWSDataTransfer',
    family: 'Data Transfer',
    usageType: 'DataTransfer-Regional-Bytes',
    attributes: { transferType: 'IntraRegion' },
    unit: 'GB',
    tiers: flat(0.01),
  },
  {
    serviceCode: 'AWSLambda',
    family: 'Serverless',
    usageType: 'Request',
    attributes: { group: 'AWS-Lambda-Requests' },
    unit: 'Requests',
    tiers: flat(0.0000002),
  },
  {
    serviceCode: 'AWSLambda',
    family: 'Serverless',
    usageType: 'Lambda-GB-Second',
    attributes: { group: 'AWS-Lambda-Duration' },
    unit: 'Second',
    tiers: [
      { from: 0, usd: 0.0000166667 },
      { from: 6_000_000_000, usd: 0.000015 },
      { from: 15_000_000_000, usd: 0.0000133334 },
    ],
  },
  {
    serviceCode: 'AmazonApiGateway',
    family: 'API Calls',
    usageType: 'ApiGatewayHttpRequest',
    unit: 'Requests',
    tiers: [
      { from: 0, usd: 0.000001 },
      { from: 300_000_000, usd: 0.0000009 },
    ],
  },
  {
    serviceCode: 'AmazonCloudWatch',
    family: 'Metric',
    usageType: 'CW:GMD-Metrics',
    unit: 'Metrics',
    tiers: flat(0.00001),
  },
  {
    serviceCode: 'AmazonDynamoDB',
    family: 'Amazon DynamoDB PayPerRequest Throughput',
    usageType: 'ReadRequestUnits',
    attributes: { group: 'DDB-ReadUnits' },
    unit: 'ReadRequestUnits',
    tiers: flat(0.000000125),
  },
  {
    serviceCode: 'AmazonDynamoDB',
    family: 'Amazon DynamoDB PayPerRequest Throughput',
    usageType: 'WriteRequestUnits',
    attributes: { group: 'DDB-WriteUnits' },
    unit: 'WriteRequestUnits',
    tiers: flat(0.000000625),
  },
  {
    serviceCode: 'AmazonS3',
    family: 'Storage',
    usageType: 'TimedStorage-ByteHrs',
    attributes: { volumeType: 'Standard', storageClass: 'General Purpose' },
    unit: 'GB-Mo',
    tiers: [
      { from: 0, usd: 0.023 },
      { from: 51_200, usd: 0.022 },
      { from: 512_000, usd: 0.021 },
    ],
  },
  {
    serviceCode: 'AmazonS3',
    family: 'API Request',
    usageType: 'Requests-Tier1',
    attributes: { group: 'S3-API-Tier1' },
    unit: 'Requests',
    tiers: flat(0.000005),
  },
]

/** Regions the list has, with the short name that begins their usage types. */
export const REGIONS: Readonly<Record<string, string>> = {
  'us-east-1': '',
  'us-west-2': 'USW2-',
  'eu-central-1': 'EUC1-',
  'ap-south-1': 'APS3-',
}
