/** The manifest and the code say the same defaults. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { isJsonObject, type Json } from '@nexus/sdk'
import { configDefaults } from '@nexus/sdk/testing'
import { defaults, readSettings } from '../../transport/settings.ts'

function declared() {
  const text = readFileSync(new URL('../../manifest.yaml', import.meta.url), 'utf8')
  const manifest = parse(text) as Json
  const schema = isJsonObject(manifest) ? manifest['config_schema'] : undefined
  if (!isJsonObject(schema ?? null)) throw new Error('The manifest has no config_schema.')
  return configDefaults(schema as { readonly [key: string]: Json })
}

test('each key of the transport stands in the manifest, with the default that the code has', () => {
  expect(declared()).toMatchObject(defaults)
})

test('a host that fills in no defaults gets the same settings as one that does', () => {
  expect(readSettings({})).toEqual(readSettings(declared()))
})

test('sizes are in bytes, and no_proxy is a list', () => {
  const settings = readSettings({ max_header_kb: 2, no_proxy: 'a.example, b.example  c.example' })
  expect(settings.headerBytesMax).toBe(2048)
  expect(settings.proxy.exceptions).toEqual(['a.example', 'b.example', 'c.example'])
})
