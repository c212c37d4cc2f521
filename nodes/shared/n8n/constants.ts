/** The type of the package's one credential. */
export const CREDENTIAL = 'linqApi';
