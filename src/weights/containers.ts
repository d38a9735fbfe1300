/** Names under which training tools keep a network's weights inside a checkpoint; the averaged weights come first. */
const containers = ['params_ema', 'params', 'state_dict', 'model_state_dict', 'net_g_ema', 'net_g', 'net_d']

/**
 * The weights of a checkpoint without what they are wrapped in: of nested containers (`params_ema` before `params`,
 * `state_dict`, …) only the content, without the prefix, and without the `module.` of parallel training. What stands
 * beside a container (an optimizer's state, a step) is left out.
 *
 * @returns names and values in the file's order; two names may have become one
 */
export function openContainers<T>(tensors: ReadonlyMap<string, T>): [string, T][] {
  let entries = [...tensors]
  for (let depth = 0; depth < containers.length; depth++) {
    const container = containers.find((name) => entries.some(([key]) => key.startsWith(`${name}.`)))
    if (container === undefined) break
    entries = entries
      .filter(([name]) => name.startsWith(`${container}.`))
      .map(([name, value]) => [name.slice(container.length + 1), value])
  }
  return entries.map(([name, value]) => [name.replace(/^module\./, ''), value])
}
