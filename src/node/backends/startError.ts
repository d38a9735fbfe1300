import { BackendError } from '../../errors.js'

/**
 * Why a backend does not start: a package is `absent`, what is installed is `broken` (it does not load, or its version is
 * wrong), or this machine has nothing for it to run on (`unusable`).
 */
export type StartFailure = 'absent' | 'broken' | 'unusable'

/** A {@link BackendError} that tells the kinds of failure apart. */
export class StartError extends BackendError {
  readonly failure: StartFailure
  /** The message without the backend's name. */
  readonly problem: string
  constructor(backend: string, failure: StartFailure, problem: string, options?: ErrorOptions) {
    super(backend, problem, options)
    this.failure = failure
    this.problem = problem
  }
}
