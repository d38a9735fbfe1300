import { DataError } from '../errors.js'

/** The error of an image that was to be read, with the option that leaves such images out. */
export const withSkipHint = (error: DataError): DataError =>
  new DataError(error.source, `${error.problem} (--on-corrupt skip leaves it out)`, { cause: error })
