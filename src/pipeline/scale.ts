/** The paper's factor of super-resolution. */
export const scale = 4
