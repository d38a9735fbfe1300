export { busy, run, stop, work } from './pool'
