/** One update of a weight: what it becomes, by the gradient and by what earlier updates left in `slots`. */
export type Update = (weight: number, gradient: number, step: number, slots: Record<string, number>) => number

/** Weights after all gradients, each weight by itself. */
export function updated(start: ArrayLike<number>, gradients: readonly ArrayLike<number>[], update: Update): number[] {
  return Array.from(start, (first, i) => {
    const slots: Record<string, number> = {}
    return gradients.reduce((weight, gradient, step) => update(weight, gradient[i]!, step + 1, slots), first)
  })
}

/** The slot's running mean after one more value. */
function decayed(slots: Record<string, number>, name: string, decay: number, value: number): number {
  slots[name] = decay * (slots[name] ?? 0) + (1 - decay) * value
  return slots[name]
}

export const sgd =
  (rate: number): Update =>
  (weight, gradient) =>
    weight - rate * gradient

export const momentum =
  (rate: number, share: number, nesterov: boolean): Update =>
  (weight, gradient, _, slots) => {
    slots['m'] = share * (slots['m'] ?? 0) + gradient
    return weight - rate * (nesterov ? gradient + share * slots['m'] : slots['m'])
  }

/** As TensorFlow: epsilon inside the root. */
export const rmsprop =
  (rate: number, decay: number, share: number, epsilon: number, centered: boolean): Update =>
  (weight, gradient, _, slots) => {
    const square = decayed(slots, 'square', decay, gradient ** 2)
    const mean = centered ? decayed(slots, 'mean', decay, gradient) : 0
    slots['m'] = share * (slots['m'] ?? 0) + (rate * gradient) / Math.sqrt(square - mean ** 2 + epsilon)
    return weight - slots['m']
  }

/** Kingma and Ba 2015, algorithm 1. */
export const adam =
  (rate: number, beta1: number, beta2: number, epsilon: number): Update =>
  (weight, gradient, step, slots) => {
    const m = decayed(slots, 'm', beta1, gradient) / (1 - beta1 ** step)
    const v = decayed(slots, 'v', beta2, gradient ** 2) / (1 - beta2 ** step)
    return weight - (rate * m) / (Math.sqrt(v) + epsilon)
  }

/** As TensorFlow's: the sum of squares starts at `initial`. */
export const adagrad =
  (rate: number, initial: number): Update =>
  (weight, gradient, _, slots) => {
    slots['sum'] = (slots['sum'] ?? initial) + gradient ** 2
    return weight - (rate * gradient) / Math.sqrt(slots['sum'])
  }
