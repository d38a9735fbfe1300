/** Tells people on stderr, once for each start. */
export function warn(message: string): void {
  process.emitWarning(message, 'BackendWarning')
}
