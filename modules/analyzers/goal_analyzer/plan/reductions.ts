/** What makes one value of many, as jq over an array. */
import type { AggregateFunction } from '../grammar/tree.ts'

export const reductions: Readonly<Record<Exclude<AggregateFunction, 'count'>, string>> = {
  sum: 'numeric | add // 0',
  average: 'numeric | mean',
  median: 'numeric | middle',
  min: 'known | min',
  max: 'known | max',
  distinct: 'known | unique | length',
}
