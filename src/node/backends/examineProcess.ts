// The program of a process that examines one backend for its parent: `examineProcess.js NAME`.
import type { CandidateName } from './candidates.js'
import { examineBackend } from './examineBackend.js'

async function main(): Promise<void> {
  const examination = await examineBackend(process.argv[2] as CandidateName)
  process.send!(examination, () => process.exit(0))
}

void main()
