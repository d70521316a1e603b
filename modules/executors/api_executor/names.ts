/** What the name of a header or of a query parameter says about who may see it and who may set it. Pure. */

/** Words of names whose values show who asks. */
const secretWords = new Set(
  `authorization auth token secret password passwd passphrase apikey signature sig credential credentials cookie session
  sessionid jwt`.split(/\s+/),
)
/** Keys, where they are such: `idempotency-key` and `sort_key` are none. */
const secretKeys = new Set(['api', 'access', 'private', 'subscription', 'functions', 'shared'])

/** Whether a value of that name is nobody else's business than that of whom it is sent to. */
export function isSecretName(name: string): boolean {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[-_.\s]+/)
  return words.some(
    (word, index) => secretWords.has(word) || (word === 'key' && secretKeys.has(words[index - 1] ?? '')),
  )
}

/** They say where a message ends and how a connection goes on (RFC 9110, 7.6.1), which is the client's to say. */
const ofConnections = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** `name` is in lower case. */
export function isOfConnection(name: string): boolean {
  return ofConnections.has(name)
}
