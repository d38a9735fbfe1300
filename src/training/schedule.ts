import { ArgumentError, requireInteger, requireRange } from '../errors.js'

/** A learning rate: a constant, or a function of the iteration counted from 0. */
export type LearningRate = number | ((iteration: number) => number)

/**
 * The rate at an iteration.
 * @throws ArgumentError where the function gives anything but a finite number >= 0
 */
export function rateAt(rate: LearningRate, iteration: number): number {
  const value = typeof rate === 'number' ? rate : rate(iteration)
  requireRange(`the learning rate at iteration ${iteration}`, value, 0, Infinity)
  return value
}

/**
 * `initial * gamma^k`, where k counts the milestones that are <= iteration (from 0): with milestone m, the first m
 * updates use the old rate, as PyTorch's `MultiStepLR`.
 * @throws ArgumentError unless the milestones are integers >= 0 that increase, and the numbers finite and >= 0
 */
export function multiStepRate(
  initial: number,
  milestones: readonly number[],
  gamma = 0.5,
): (iteration: number) => number {
  requireRange('initial', initial, 0, Infinity)
  for (const milestone of milestones) requireInteger('milestones', milestone, 0)
  if (milestones.some((m, i) => i > 0 && m <= milestones[i - 1]!))
    throw new ArgumentError('milestones', 'increase', milestones)
  requireRange('gamma', gamma, 0, Infinity)
  return (iteration) => initial * gamma ** milestones.filter((m) => m <= iteration).length
}

/**
 * Cosine annealing from `initial` to `minimum` over `steps` iterations,
 * `minimum + (initial - minimum) (1 + cos(pi iteration / steps)) / 2`, as PyTorch's `CosineAnnealingLR`; `minimum` after that.
 * @throws ArgumentError unless `steps` is an integer >= 1 and 0 <= minimum <= initial
 */
export function cosineRate(initial: number, steps: number, minimum = 0): (iteration: number) => number {
  requireRange('initial', initial, 0, Infinity)
  requireInteger('steps', steps, 1)
  requireRange('minimum', minimum, 0, initial)
  return (iteration) =>
    minimum + ((initial - minimum) * (1 + Math.cos((Math.PI * Math.min(iteration, steps)) / steps))) / 2
}
