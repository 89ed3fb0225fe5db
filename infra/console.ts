import { api } from './api.ts'
import { inputs } from './stage.ts'

/** As local/control-plane/console-files.ts sends them; frame-ancestors cannot be said in a page. */
const policy = (connect: string[]) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    `connect-src ${connect.join(' ')}`,
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

/** CloudFront’s own policies. https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html */
const CACHING_DISABLED = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad'
const ALL_VIEWER_EXCEPT_HOST = 'b689b0a8-53d0-40ab-baf2-68738e2966ac'

const API_ORIGIN = 'api'
const READ_AND_WRITE = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']

const makeConsole = (
  {
    clientId,
    authorizationEndpoint,
    tokenEndpoint,
    signOutEndpoint = '',
    issuer,
    scope,
  }: NonNullable<typeof inputs.people>,
  apiUrl: $util.Output<string>,
) => {
  const headers = new aws.cloudfront.ResponseHeadersPolicy('ConsoleHeaders', {
    comment: 'Shadowmeter console',
    securityHeadersConfig: {
      contentSecurityPolicy: {
        contentSecurityPolicy: policy(["'self'", new URL(tokenEndpoint).origin]),
        override: true,
      },
      contentTypeOptions: { override: true },
      frameOptions: { frameOption: 'DENY', override: true },
      referrerPolicy: { referrerPolicy: 'no-referrer', override: true },
      strictTransportSecurity: {
        accessControlMaxAgeSec: 63_072_000,
        includeSubdomains: true,
        override: true,
      },
    },
    customHeadersConfig: {
      items: [
        { header: 'cross-origin-opener-policy', value: 'same-origin', override: true },
        { header: 'cross-origin-resource-policy', value: 'same-origin', override: true },
        { header: 'permissions-policy', value: 'camera=(), geolocation=(), microphone=()', override: true },
      ],
    },
  })
  /** The API’s routes do not know the prefix under which the console sees them. */
  const withoutPrefix = new aws.cloudfront.Function('ConsoleApiPath', {
    runtime: 'cloudfront-js-2.0',
    code: `function handler(event) {
  event.request.uri = event.request.uri.replace(/^\\/api(?=\\/|$)/, '') || '/'
  return event.request
}`,
  })

  return new sst.aws.StaticSite('Console', {
    path: 'web',
    build: { command: 'npx vite build', output: 'dist' },
    environment: {
      VITE_OIDC_ISSUER: issuer,
      VITE_OIDC_CLIENT_ID: clientId,
      VITE_OIDC_AUTHORIZATION_ENDPOINT: authorizationEndpoint,
      VITE_OIDC_TOKEN_ENDPOINT: tokenEndpoint,
      VITE_OIDC_SIGN_OUT_ENDPOINT: signOutEndpoint,
      VITE_OIDC_SCOPE: scope,
    },
    dev: { command: 'npx vite', url: 'http://localhost:5173' },
    transform: {
      // SST’s is for every origin; the console’s files are read by CloudFront only.
      assets: (bucket) => {
        bucket.cors = false
      },
      cdn: (cdn) => {
        cdn.origins = $util.all([cdn.origins, apiUrl]).apply(([origins, url]) => [
          ...(origins ?? []),
          {
            originId: API_ORIGIN,
            domainName: new URL(url).host,
            customOriginConfig: {
              httpPort: 80,
              httpsPort: 443,
              originProtocolPolicy: 'https-only',
              originReadTimeout: 30,
              originSslProtocols: ['TLSv1.2'],
            },
          },
        ])
        cdn.defaultCacheBehavior = $output(cdn.defaultCacheBehavior).apply((behavior) => ({
          ...behavior,
          allowedMethods: ['GET', 'HEAD'],
          responseHeadersPolicyId: headers.id,
        }))
        cdn.orderedCacheBehaviors = [
          {
            pathPattern: '/api/*',
            targetOriginId: API_ORIGIN,
            viewerProtocolPolicy: 'https-only',
            allowedMethods: READ_AND_WRITE,
            cachedMethods: ['GET', 'HEAD'],
            compress: true,
            cachePolicyId: CACHING_DISABLED,
            originRequestPolicyId: ALL_VIEWER_EXCEPT_HOST,
            responseHeadersPolicyId: headers.id,
            functionAssociations: [{ eventType: 'viewer-request', functionArn: withoutPrefix.arn }],
          },
        ]
      },
    },
  })
}

/** Without people who sign in there is nobody to show it to. */
export const site = inputs.people && api.people ? makeConsole(inputs.people, api.people.url) : null
