import { expect, test } from 'vitest'
import {
  budget,
  bytes,
  dollarRange,
  dollars,
  duration,
  millisecondTick,
  percent,
  quantity,
  unitPrice,
} from '../../web/src/format.ts'

test('dollars keep the digits that matter and never show something as nothing', () => {
  expect([0, 0.0000003, 0.0312, 0.05, 0.99996, 1, 12.4, 1234.567].map(dollars)).toEqual([
    '$0.00',
    '<$0.0001',
    '$0.0312',
    '$0.0500',
    '$1.00',
    '$1.00',
    '$12.40',
    '$1,234.57',
  ])
})

test('a chosen amount and a unit price are shown as they are', () => {
  expect([5, 0.25, 0.125].map(budget)).toEqual(['$5.00', '$0.25', '$0.125'])
  expect([0.0000002, 0.015, 0.03238].map(unitPrice)).toEqual(['$0.0000002', '$0.015', '$0.03238'])
})

test('a range of equal ends is one figure', () => {
  expect(dollarRange(0.1, 0.25)).toBe('$0.1000 – $0.2500')
  expect(dollarRange(2.001, 2.002)).toBe('$2.00')
})

test('milliseconds on an axis have the digits that its steps need', () => {
  expect([0.0125, 0.025, 0.05, 0.1, 3.16, 9.96, 237.4].map(millisecondTick)).toEqual([
    '0.013',
    '0.025',
    '0.05',
    '0.1',
    '3.2',
    '10',
    '237',
  ])
})

test('bytes are decimal, as AWS bills them', () => {
  expect([0, 999, 1500, 312_000_000, 12_400_000_000, 2.5e12].map(bytes)).toEqual([
    '0 B',
    '999 B',
    '1.5 kB',
    '312 MB',
    '12.40 GB',
    '2.50 TB',
  ])
})

test('durations have two units at most and are never negative', () => {
  expect([-3, 45, 59.6, 600, 552, 3900, 7200, 183_600, 172_800].map(duration)).toEqual([
    '0 s',
    '45 s',
    '1 min',
    '10 min',
    '9 min 12 s',
    '1 h 05 min',
    '2 h',
    '2 d 3 h',
    '2 d',
  ])
})

test('a small share is not shown as none', () => {
  expect([0, 0.0004, 0.012, 0.36, 1].map(percent)).toEqual(['0 %', '<0.1 %', '1.2 %', '36 %', '100 %'])
})

test('quantities have digits enough to multiply by', () => {
  expect([3, 8115, 0.0137559123].map(quantity)).toEqual(['3', '8,115', '0.0137559'])
})
