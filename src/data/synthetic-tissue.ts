import type { PixelImage } from '../image.js'
import type { Random } from '../random.js'

/** Absorbance (optical density) of unit stain in red, green and blue, near those of BreaKHis' slides. */
const haematoxylinVector = [0.68, 0.72, 0.36] as const
const eosinVector = [0.13, 0.72, 0.27] as const

/** How a slide was stained and photographed. Drawn without knowing the class. */
export interface Stain {
  /** Absorbance of unit haematoxylin in R, G, B. */
  readonly haematoxylin: readonly number[]
  /** Absorbance of unit eosin in R, G, B. */
  readonly eosin: readonly number[]
  /** Factors on the two concentrations. */
  readonly haematoxylinGain: number
  readonly eosinGain: number
  /** Colour of the lamp: the white of an empty place, in R, G, B. */
  readonly light: readonly number[]
}

/** What the drawn nuclei are like. 0 = round, of one size, evenly spaced; 1 = pleomorphic, lobed, crowded without order. */
export interface Scene {
  readonly width: number
  readonly height: number
  /** Radius of a typical nucleus, as a share of the picture's scale (168 px high = 1). */
  readonly radius: number
  /** Share of the picture that nuclei cover, whatever the class. */
  readonly nuclearShare: number
  /** Share of the picture that is empty (lumina, cracks, fat). */
  readonly gapShare: number
  /** Share of the tissue that is epithelium, the rest being stroma. */
  readonly epitheliumShare: number
  readonly atypia: number
  readonly stain: Stain
}

interface Nucleus {
  readonly x: number
  readonly y: number
  /** Semi-axes in pixels and direction of the longer one. */
  readonly a: number
  readonly b: number
  readonly angle: number
  /** Amplitude and phase of the outline's second to fourth harmonics (lobes). */
  readonly lobes: readonly (readonly [amplitude: number, phase: number])[]
  readonly density: number
}

/** A stain close to the textbook one, `spread` = 1 being a laboratory-to-laboratory difference. */
export function drawStain(random: Random, spread: number, around?: Stain): Stain {
  const vary = (vector: readonly number[]): number[] =>
    vector.map((value) => Math.max(0.02, value + random.normal(0, 0.045 * spread)))
  const gain = (value: number): number => value * Math.exp(random.normal(0, 0.16 * spread))
  return {
    haematoxylin: vary(around?.haematoxylin ?? haematoxylinVector),
    eosin: vary(around?.eosin ?? eosinVector),
    haematoxylinGain: gain(around?.haematoxylinGain ?? 1),
    eosinGain: gain(around?.eosinGain ?? 1),
    light: (around?.light ?? [0.95, 0.94, 0.95]).map((value) =>
      Math.min(1, Math.max(0.8, value + random.normal(0, 0.018 * spread))),
    ),
  }
}

/** Smooth noise in [0, 1): bicubic-smooth interpolation of a random lattice, `cellsX` by `cellsY` cells over the unit square. */
function valueNoise(random: Random, cellsX: number, cellsY: number): (x: number, y: number) => number {
  const columns = cellsX + 2
  const lattice = Float64Array.from({ length: columns * (cellsY + 2) }, () => random.uniform())
  const fade = (t: number): number => t * t * (3 - 2 * t)
  return (x, y) => {
    const u = Math.min(Math.max(x, 0), 1) * cellsX
    const v = Math.min(Math.max(y, 0), 1) * cellsY
    const i = Math.floor(u)
    const j = Math.floor(v)
    const s = fade(u - i)
    const at = j * columns + i
    const top = lattice[at]! * (1 - s) + lattice[at + 1]! * s
    const bottom = lattice[at + columns]! * (1 - s) + lattice[at + columns + 1]! * s
    const t = fade(v - j)
    return top * (1 - t) + bottom * t
  }
}

/** The value below which `share` of the values lie. */
function quantile(values: Float64Array, share: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.floor(share * sorted.length)))]!
}

/** An outline of unit area-equivalent radius, scaled to `radius`. */
function drawNucleus(random: Random, x: number, y: number, radius: number, atypia: number): Nucleus {
  const elongation = 1.04 + random.uniform(0, 0.1) + atypia * random.uniform(0.1, 1)
  const lobed = 0.012 + atypia * random.uniform(0, 0.17)
  return {
    x,
    y,
    a: radius * Math.sqrt(elongation),
    b: radius / Math.sqrt(elongation),
    angle: random.uniform(0, Math.PI),
    lobes: [2, 3, 4].map((k) => [(lobed * random.uniform(0.3, 1) * 2) / k, random.uniform(0, 2 * Math.PI)] as const),
    density: random.uniform(0.85, 1.15),
  }
}

/**
 * Calls `visit(pixel, depth, edge)` for the pixels that a nucleus covers: depth is 1 at the centre and 0 at the outline, edge the
 * distance to the outline in pixels.
 */
function eachPixel(
  nucleus: Nucleus,
  scale: number,
  width: number,
  height: number,
  visit: (pixel: number, depth: number, edge: number) => void,
): void {
  const { x, y, angle, lobes } = nucleus
  const a = nucleus.a * scale
  const b = nucleus.b * scale
  const reach = a * (1 + lobes.reduce((sum, [amplitude]) => sum + amplitude, 0)) + 1
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  for (let row = Math.max(0, Math.ceil(y - reach)); row <= Math.min(height - 1, y + reach); row++) {
    for (let column = Math.max(0, Math.ceil(x - reach)); column <= Math.min(width - 1, x + reach); column++) {
      const dx = column - x
      const dy = row - y
      const u = (dx * cos + dy * sin) / a
      const v = (dy * cos - dx * sin) / b
      const r = Math.hypot(u, v)
      const theta = Math.atan2(v, u)
      let outline = 1
      for (let k = 0; k < lobes.length; k++) outline += lobes[k]![0] * Math.cos((k + 2) * theta + lobes[k]![1])
      const depth = 1 - r / outline
      const edge = depth * Math.sqrt(a * b)
      if (edge > -0.5) visit(row * width + column, depth, edge)
    }
  }
}

/** Radii that together cover the wanted area: of one size without atypia, log-normal with it. */
function drawRadii(random: Random, radius: number, area: number, atypia: number): number[] {
  const spread = 0.035 + 0.33 * atypia
  const radii: number[] = []
  let sum = 0
  while (sum < area) {
    const drawn = radius * Math.exp(random.normal(-0.5 * spread * spread, spread))
    const r = Math.min(2.2 * radius, Math.max(0.45 * radius, drawn))
    radii.push(r)
    sum += Math.PI * r * r
  }
  return radii.sort((a, b) => b - a)
}

/** Evenly spaced places in the allowed region: a hexagonal lattice of the wanted density, slightly jittered. */
function evenPlaces(
  random: Random,
  count: number,
  allowed: (x: number, y: number) => boolean,
  width: number,
  height: number,
  area: number,
): [number, number][] {
  const turn = random.uniform(0, Math.PI / 3)
  const shiftX = random.uniform()
  const shiftY = random.uniform()
  for (let spacing = Math.sqrt((area / count) * 1.1547) * 1.06; ; spacing *= 0.97) {
    const places: [number, number][] = []
    const span = Math.ceil(Math.hypot(width, height) / spacing) + 1
    for (let j = -span; j <= span; j++) {
      for (let i = -span; i <= span; i++) {
        const u = (i + shiftX + (j & 1) * 0.5) * spacing
        const v = (j + shiftY) * spacing * 0.8660254
        const x = width / 2 + u * Math.cos(turn) - v * Math.sin(turn)
        const y = height / 2 + u * Math.sin(turn) + v * Math.cos(turn)
        if (x > -1 && y > -1 && x < width + 1 && y < height + 1 && allowed(x, y)) places.push([x, y])
      }
    }
    if (places.length >= count) {
      return random
        .shuffle(places)
        .slice(0, count)
        .map(([x, y]) => [x + random.normal(0, 0.08 * spacing), y + random.normal(0, 0.08 * spacing)])
    }
  }
}

/** Places without order: most nuclei crowd near another one, touching but hardly overlapping. */
function crowdedPlaces(
  random: Random,
  radii: readonly number[],
  allowed: (x: number, y: number) => boolean,
  width: number,
  height: number,
): [number, number][] {
  const places: [number, number][] = []
  for (const [n, radius] of radii.entries()) {
    let best: [number, number] = [random.uniform(0, width), random.uniform(0, height)]
    let bestRoom = -Infinity
    for (let attempt = 0; attempt < 60; attempt++) {
      let x = random.uniform(0, width)
      let y = random.uniform(0, height)
      if (n > 0 && attempt % 8 !== 0) {
        const near = random.integer(n)
        const direction = random.uniform(0, 2 * Math.PI)
        const distance = (radius + radii[near]!) * random.uniform(0.95, 1.35)
        x = places[near]![0] + Math.cos(direction) * distance
        y = places[near]![1] + Math.sin(direction) * distance
      }
      if (x < 0 || y < 0 || x >= width || y >= height || !allowed(x, y)) continue
      let room = Infinity
      for (let k = 0; k < n; k++) {
        room = Math.min(room, Math.hypot(x - places[k]![0], y - places[k]![1]) / (radius + radii[k]!))
      }
      if (room > bestRoom) {
        bestRoom = room
        best = [x, y]
      }
      if (room > 0.95) break
    }
    places.push(best)
  }
  return places
}

/**
 * Draws one picture of stained tissue: stroma with fibres (eosin), epithelium, empty gaps, spindle-shaped stromal nuclei and round
 * or atypical epithelial nuclei (haematoxylin) with a darker rim and chromatin texture; absorbed light after Beer-Lambert,
 * `I = light * 10^-(H h + E e)`; sensor noise. The nuclei's total area is brought to `nuclearShare` for every `atypia`.
 */
export function drawTissue(random: Random, scene: Scene): PixelImage {
  const { width, height, atypia, stain } = scene
  const pixels = width * height
  const unit = Math.sqrt(pixels / (256 * 168))
  const aspect = width / height

  // Tissue map: gaps where a smooth field is lowest, epithelium where it is highest, stroma between.
  const coarse = valueNoise(random, Math.max(2, Math.round(3 * aspect)), 3)
  const fine = valueNoise(random, Math.round(9 * aspect), 9)
  const field = new Float64Array(pixels)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      field[row * width + column] = coarse(column / width, row / height) + 0.22 * fine(column / width, row / height)
    }
  }
  const gapLevel = quantile(field, scene.gapShare)
  const epitheliumLevel = quantile(field, scene.gapShare + (1 - scene.gapShare) * (1 - scene.epitheliumShare))
  const at = (x: number, y: number): number =>
    field[Math.min(height - 1, Math.max(0, Math.round(y))) * width + Math.min(width - 1, Math.max(0, Math.round(x)))]!
  const allowed = (x: number, y: number): boolean => at(x, y) >= epitheliumLevel

  // Nuclei of the epithelium: these alone carry the class.
  const area = scene.nuclearShare * pixels
  // Measured: at this ratio the outlines of both classes take the same share of the pixels.
  const radius = scene.radius * unit * (1 - 0.12 * atypia)
  const radii = drawRadii(random, radius, area, atypia)
  const region = pixels * (1 - scene.gapShare) * scene.epitheliumShare
  const places =
    atypia < 0.5
      ? evenPlaces(random, radii.length, allowed, width, height, region)
      : crowdedPlaces(random, radii, allowed, width, height)
  const nuclei = radii.map((r, n) => drawNucleus(random, places[n]![0], places[n]![1], r, atypia))

  // Overlaps and borders cost area: scale all nuclei until the covered share is the wanted one.
  let scale = 1
  for (let round = 0; round < 4; round++) {
    const mask = new Uint8Array(pixels)
    for (const nucleus of nuclei) {
      eachPixel(nucleus, scale, width, height, (pixel, _depth, edge) => {
        if (edge > 0) mask[pixel] = 1
      })
    }
    const covered = mask.reduce((sum, value) => sum + value, 0)
    scale *= Math.sqrt(area / Math.max(1, covered))
  }

  // Concentrations of the two stains.
  const haematoxylin = new Float64Array(pixels)
  const eosin = new Float64Array(pixels)
  const grain = valueNoise(random, Math.round(48 * aspect), 48)
  const chromatin = valueNoise(random, Math.round(56 * aspect), 56)
  const drift = valueNoise(random, 3, 2)
  const bend = valueNoise(random, 4, 3)
  const fibreAngle = random.uniform(0, Math.PI)
  const fibres = valueNoise(random, 6, 40)
  const strands = valueNoise(random, 14, 130)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const pixel = row * width + column
      const x = column / width
      const y = row / height
      const value = field[pixel]!
      // Fibres run along a wavy direction.
      const wave = 0.35 * (bend(x, y) - 0.5)
      const along = (x - 0.5) * aspect * Math.cos(fibreAngle) + (y - 0.5) * Math.sin(fibreAngle)
      const across = (y - 0.5) * Math.cos(fibreAngle) - (x - 0.5) * aspect * Math.sin(fibreAngle)
      const fibre = fibres(0.5 + along / 2, 0.5 + (across + wave) / 2)
      const inGap = smooth((gapLevel - value) / 0.03)
      const inEpithelium = smooth((value - epitheliumLevel) / 0.05)
      const shade = 0.8 + 0.4 * drift(x, y)
      const stroma =
        0.1 + 0.24 * fibre + 0.07 * strands(0.5 + along / 2, 0.5 + (across + wave) / 2) + 0.05 * grain(x, y)
      const cytoplasm = 0.15 + 0.12 * grain(x, y)
      eosin[pixel] = (1 - inGap) * shade * (stroma * (1 - inEpithelium) + cytoplasm * inEpithelium) + 0.01
      haematoxylin[pixel] = (1 - inGap) * (0.04 + 0.1 * inEpithelium * (0.7 + 0.6 * grain(x, y)))
    }
  }

  // Spindle nuclei of the stroma: the same in both classes.
  const spindles = Math.round(random.uniform(5, 12) * (0.6 + 0.4 * (8 / scene.radius)))
  const stromal: Nucleus[] = []
  for (let attempt = 0; stromal.length < spindles && attempt < spindles * 20; attempt++) {
    const x = random.uniform(0, width)
    const y = random.uniform(0, height)
    const value = at(x, y)
    if (value < gapLevel || value >= epitheliumLevel) continue
    const length = random.uniform(0.75, 1.1) * scene.radius * unit
    stromal.push({
      x,
      y,
      a: length,
      b: length * random.uniform(0.22, 0.34),
      angle: fibreAngle + random.normal(0, 0.2),
      lobes: [],
      density: random.uniform(0.8, 1),
    })
  }

  const nuclear = new Float64Array(pixels)
  const paint = (nucleus: Nucleus, factor: number): void =>
    eachPixel(nucleus, factor, width, height, (pixel, depth, edge) => {
      const x = (pixel % width) / width
      const y = Math.floor(pixel / width) / height
      const rim = Math.exp(-0.5 * ((edge - 0.8 * unit) / (0.7 * unit)) ** 2)
      const texture = chromatin(x, y)
      const body = 0.34 + 0.42 * texture + 0.2 * rim - 0.06 * Math.min(1, depth)
      const inked = nucleus.density * body * Math.min(1, Math.max(0, edge + 0.5))
      nuclear[pixel] = Math.max(nuclear[pixel]!, inked)
    })
  for (const nucleus of stromal) paint(nucleus, 1)
  for (const nucleus of nuclei) paint(nucleus, scale)

  const data = new Uint8Array(pixels * 3)
  for (let pixel = 0; pixel < pixels; pixel++) {
    const cover = Math.min(1, nuclear[pixel]! * 1.6)
    const h = stain.haematoxylinGain * (haematoxylin[pixel]! * (1 - 0.5 * cover) + 0.85 * nuclear[pixel]!)
    const e = stain.eosinGain * eosin[pixel]! * (1 - 0.45 * cover)
    for (let c = 0; c < 3; c++) {
      const absorbed = stain.haematoxylin[c]! * h + stain.eosin[c]! * e
      const light = stain.light[c]! * 10 ** -absorbed + random.normal(0, 0.008)
      data[pixel * 3 + c] = Math.round(255 * Math.min(1, Math.max(0, light)))
    }
  }
  return { width, height, channels: 3, data, maxValue: 255 }
}

/** A step from 0 to 1 between 0 and 1. */
function smooth(t: number): number {
  const s = Math.min(1, Math.max(0, t))
  return s * s * (3 - 2 * s)
}
