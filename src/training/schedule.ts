import { ArgumentError } from '../errors.js'

/** A learning rate: a constant, or a function of the iteration counted from 0. */
export type LearningRate = number | ((iteration: number) => number)

/** The rate at an iteration. */
export function rateAt(rate: LearningRate, iteration: number): number {
  return typeof rate === 'number' ? rate : rate(iteration)
}

/**
 * `initial * gamma^k`, where k counts the milestones that are <= iteration (from 0): with milestone m, the first m
 * updates use the old rate, as PyTorch's `MultiStepLR`.
 */
export function multiStepRate(
  initial: number,
  milestones: readonly number[],
  gamma = 0.5,
): (iteration: number) => number {
  if (milestones.some((m, i) => i > 0 && m <= milestones[i - 1]!))
    throw new ArgumentError('milestones', 'increase', milestones)
  return (iteration) => initial * gamma ** milestones.filter((m) => m <= iteration).length
}

/** Cosine annealing from `initial` to `minimum` over `steps` iterations, as PyTorch's `CosineAnnealingLR`; constant after that. */
export function cosineRate(initial: number, steps: number, minimum = 0): (iteration: number) => number {
  return (iteration) =>
    minimum + ((initial - minimum) * (1 + Math.cos((Math.PI * Math.min(iteration, steps)) / steps))) / 2
}
