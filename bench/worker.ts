import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** Answers of a worker go to this descriptor; its stdout is the parent's stderr, so that no library can disturb them. */
export const answersTo = 3

/** What a worker can be asked for, by name. */
export type Answers = Readonly<Record<string, (request: Record<string, unknown>) => Promise<object>>>

/**
 * Serves requests, one JSON object a line on stdin with `ask` naming one of the answers, until stdin ends. The answer is
 * one line of JSON; an error is `{ error }`. Between requests the process sleeps.
 */
export async function serve(answers: Answers): Promise<void> {
  const lines = createInterface({ input: process.stdin })
  for await (const line of lines) {
    const request = JSON.parse(line) as Record<string, unknown> & { ask: string }
    let answer: object
    try {
      answer = await answers[request.ask]!(request)
    } catch (error) {
      answer = { error: (error as Error).message }
    }
    writeSync(answersTo, `${JSON.stringify(answer)}\n`)
  }
  process.exit(0)
}
