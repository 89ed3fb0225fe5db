import type { RedactedKind } from '../../contract/redaction.ts'

/** Names of headers, cookies, parameters and fields that say what their value is, without case and punctuation. */
const NAMES: Readonly<Partial<Record<RedactedKind, readonly string[]>>> = {
  credential: [
    ...[
      'password',
      'passwd',
      'pwd',
      'pass',
      'passphrase',
      'secret',
      'token',
      'jwt',
      'apikey',
      'auth',
      'authorization',
    ],
    ...[
      'proxyauthorization',
      'credential',
      'credentials',
      'session',
      'sessionid',
      'sessid',
      'sid',
      'jsessionid',
    ],
    ...[
      'phpsessid',
      'connectsid',
      'csrf',
      'xsrf',
      'otp',
      'totp',
      'mfacode',
      'pin',
      'pincode',
      'cvv',
      'cvc',
      'cvv2',
    ],
    ...[
      'securitycode',
      'signature',
      'sig',
      'assertion',
      'samlresponse',
      'samlassertion',
      'privatekey',
      'accesskey',
    ],
    ...[
      'secretkey',
      'secretaccesskey',
      'awssecretaccesskey',
      'accesskeyid',
      'awsaccesskeyid',
      'encryptionkey',
    ],
    ...[
      'ocpapimsubscriptionkey',
      'subscriptionkey',
      'xfunctionskey',
      'accountkey',
      'sharedaccesskey',
      'clientassertion',
    ],
    ...[
      'codeverifier',
      'authcode',
      'authorizationcode',
      'xforwardedclientcert',
      'xclientcert',
      'sslclientcert',
    ],
    ...[
      'xamznoidcdata',
      'xamznoidcidentity',
      'xamzsignature',
      'xamzcredential',
      'rememberme',
      'logintoken',
      'passcode',
    ],
  ],
  card: ['cardnumber', 'card', 'pan', 'ccnumber', 'creditcard', 'creditcardnumber', 'cardno', 'ccnum'],
  phone: [
    'phone',
    'phonenumber',
    'phoneno',
    'telephone',
    'tel',
    'mobile',
    'mobilenumber',
    'mobilephone',
    'msisdn',
    'fax',
  ],
  email: ['email', 'emailaddress', 'mail', 'useremail'],
  'national-id': [
    ...[
      'ssn',
      'socialsecuritynumber',
      'nationalid',
      'nationalidnumber',
      'nino',
      'steuerid',
      'taxid',
      'dni',
      'nie',
    ],
    ...['nif', 'nir', 'cpf', 'passportnumber', 'personalid', 'identitynumber'],
  ],
  'idempotency-key': [
    'idempotencykey',
    'xidempotencykey',
    'idempotencytoken',
    'clientrequesttoken',
    'paypalrequestid',
  ],
  webhook: [
    'webhook',
    'webhookurl',
    'webhookuri',
    'callbackurl',
    'callbackuri',
    'notifyurl',
    'notificationurl',
    'hookurl',
    'webhooks',
    'webhookendpoint',
    'callback',
    'statuscallback',
    'statuscallbackurl',
  ],
  'payment-token': [
    'paymenttoken',
    'cardtoken',
    'stripetoken',
    'paymentmethod',
    'paymentmethodid',
    'paymentmethodtoken',
    'paymentmethodnonce',
  ],
}

const ENDINGS: readonly (readonly [string, RedactedKind])[] = [
  ...[
    'password',
    'passwd',
    'passphrase',
    'secret',
    'token',
    'apikey',
    'sessionid',
    'credentials',
    'privatekey',
  ].map((ending): [string, RedactedKind] => [ending, 'credential']),
  ['signature', 'credential'],
  ['secretkey', 'credential'],
  ['phonenumber', 'phone'],
  ['phone', 'phone'],
  ['cardnumber', 'card'],
  ['webhookurl', 'webhook'],
]

/** Tokens that say where a list goes on, and to whom nothing. */
const HARMLESS = /^(?:next|page|nextpage|continuation|sync|cursor|pagination|starting|previous|prev)token$/

const EXACT = new Map<string, RedactedKind>(
  Object.entries(NAMES).flatMap(([kind, names]) =>
    names.map((name) => [name, kind as RedactedKind] as const),
  ),
)

const LENGTH_MAX = 128

/** What a name says about its value: `user[new_password]` and `X-Api-Key` are credentials. */
export const kindOfName = (name: string): RedactedKind | null => {
  if (name.length > LENGTH_MAX) return null
  const parts = name.split(/[.[\]:]/).filter((part) => part !== '')
  const plain = (parts.at(-1) ?? '').replace(/[^0-9A-Za-z]/g, '').toLowerCase()
  const exact = EXACT.get(plain)
  if (exact !== undefined) return exact
  if (HARMLESS.test(plain)) return null
  const ending = ENDINGS.find(([text]) => plain.endsWith(text))
  return ending?.[1] ?? EXACT.get(plain.replace(/^x/, '')) ?? null
}
