/**
 * Addresses of services that take messages from whoever knows them: what stands behind the host is the secret. As their
 * issuers document them: Slack, Discord, Microsoft Teams, Google Chat, Zapier, Make, IFTTT and Telegram.
 */
const HOSTS = [
  'hooks\\.slack(?:-gov)?\\.com/',
  '(?:ptb\\.|canary\\.)?discord(?:app)?\\.com/api/(?:v\\d{1,2}/)?webhooks/',
  '[\\w-]{1,63}\\.webhook\\.office\\.com/',
  'outlook\\.office(?:365)?\\.com/webhook/',
  'chat\\.googleapis\\.com/v1/spaces/',
  'hooks\\.zapier\\.com/hooks/',
  'hook\\.(?:[\\w-]{1,20}\\.)?make\\.com/',
  'maker\\.ifttt\\.com/trigger/',
  'api\\.telegram\\.org/bot',
]
const HOST_MAX = 100
const REST_MAX = 2_000
/** Behind the `://`; the longest of the schemes before it. */
export const WEBHOOK_MAX = HOST_MAX + REST_MAX
export const SCHEME_MAX = 5
const HOOK = new RegExp(`(?:${HOSTS.join('|')})[\\w\\-.~%!$&()*+,;=:@/?#]{1,${REST_MAX}}`, 'iy')

/** Where the webhook around this `://` starts and ends; null when it is another address. */
export const webhookAt = (text: string, separator: number, from: number): [number, number] | null => {
  HOOK.lastIndex = separator + 3
  if (!HOOK.test(text)) return null
  const end = HOOK.lastIndex
  for (const scheme of ['https', 'http']) {
    const start = separator - scheme.length
    if (start >= from && text.slice(start, separator).toLowerCase() === scheme) return [start, end]
  }
  return null
}
