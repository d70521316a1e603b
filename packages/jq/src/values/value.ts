/**
 * What a jq value is at run time: plain JSON values, and `Decimal` for the numbers that a double cannot hold.
 *
 * Owns the questions "what kind is it" and "what is at this key". Objects may be ordinary or without a prototype;
 * nothing here ever reads or writes through a prototype, so `__proto__` and `constructor` are keys like any other.
 */
import { Decimal } from './decimal.ts'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type Value = null | boolean | number | string | Decimal | Value[] | ObjectValue
export interface ObjectValue {
  [key: string]: Value
}
export type Kind = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object'

export function kindOf(value: Value): Kind {
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'number':
      return 'number'
    case 'boolean':
      return 'boolean'
    default:
      if (value === null || value === undefined) return 'null'
      if (Array.isArray(value)) return 'array'
      return value instanceof Decimal ? 'number' : 'object'
  }
}

export function isObject(value: Value): value is ObjectValue {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Decimal)
}

export function isNumber(value: Value): value is number | Decimal {
  return typeof value === 'number' || value instanceof Decimal
}

/** The double of a number; NaN for anything else. */
export function toDouble(value: Value): number {
  if (typeof value === 'number') return value
  return value instanceof Decimal ? value.double : Number.NaN
}

/** jq's truth: everything but `null` and `false`. */
export function isTruthy(value: Value): boolean {
  return value !== null && value !== false
}

export function getOwn(object: ObjectValue, key: string): Value | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

/** Sets an own property, `__proto__` included, on an object that the caller has just made. */
export function setOwn(object: ObjectValue, key: string, value: Value): void {
  if (key !== '__proto__') object[key] = value
  else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true })
}

/** A shallow copy with an ordinary prototype; `__proto__` stays an own key. */
export function copyObject(object: ObjectValue): ObjectValue {
  return { ...object }
}

/** Keys in jq's order: by codepoint. */
export function sortedKeys(object: ObjectValue): string[] {
  return Object.keys(object).sort(compareStrings)
}

/** Orders strings by codepoint, which UTF-16 order is not when surrogates meet U+E000 to U+FFFF. */
export function compareStrings(left: string, right: string): number {
  if (left === right) return 0
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index++) {
    const a = left.charCodeAt(index)
    const b = right.charCodeAt(index)
    if (a !== b) return rankOfUnit(a) - rankOfUnit(b)
  }
  return left.length - right.length
}

function rankOfUnit(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}
