/** Twenty expressions as workflows have them, and the small document that they read. */
import type { Json } from '../src/index.ts'

export const document: Json = {
  id: 'order-17',
  status: 'open',
  total: 112.5,
  currency: 'EUR',
  customer: { name: 'Ada Lovelace', email: 'ada@example.org', roles: ['buyer', 'admin'] },
  items: [
    { sku: 'a-1', name: 'Lamp', price: 40, quantity: 1 },
    { sku: 'b-2', name: 'Cable', price: 2.5, quantity: 5 },
    { sku: 'c-3', name: 'Chair', price: 30, quantity: 2 },
  ],
  address: { city: 'Berlin', zip: '10115', lines: ['Street 1', null] },
}

export const expressions: readonly string[] = [
  '.customer.name',
  '.items[0].sku',
  '.status == "open" and .total > 100',
  '.missing // "none"',
  '{id: .id, city: .address.city, count: (.items | length)}',
  '"Order \\(.id) for \\(.customer.name)"',
  'if .total > 100 then "large" else "small" end',
  '.items | map(select(.price > 10)) | length',
  '[.items[] | .price * .quantity] | add',
  '[.items[] | {name, cost: (.price * .quantity)}]',
  'reduce .items[] as $item (0; . + $item.quantity)',
  '.items | sort_by(.price) | map(.name)',
  '.items | group_by(.price > 10) | map(length)',
  'any(.items[]; .sku == "c-3")',
  '.customer.roles | index("admin")',
  '.customer.email | split("@") | .[1]',
  '.customer | to_entries | map(.key)',
  '.customer + {active: true}',
  '.total |= . + 1 | .total',
  '.items[1:] | map(.name) | join(", ")',
]

/** About 60 KB of JSON, to be bound to `$context`. */
export function largeContext(): Json {
  const step = (index: number): Json => ({
    name: `step-${index}`,
    output: { id: index, text: 'lorem ipsum dolor sit amet '.repeat(4), tags: ['one', 'two', 'three'] },
  })
  return { run: 'r-1', steps: Array.from({ length: 300 }, (_, index) => step(index)) }
}
