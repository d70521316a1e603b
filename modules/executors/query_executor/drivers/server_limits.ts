/** How long a server is given, whichever it is. */
export const connectMsMax = 15_000
export const cancelMsMax = 2_000
/** The server stops by itself a little later, if this program cannot say so any more. */
export const serverGraceMs = 1_000
/** Rows that are taken over at once. */
export const batchRowsMax = 1_000
