/** The largest memory this process has held at once, in bytes (resident set size; wasm's heap and workers included). */
export function peakMemoryBytes(): number {
  return process.resourceUsage().maxRSS * 1024
}
