/** The limits of the client: all its timeouts and bounds, in one place. */

/** Time a transport has to be let in before the next one is tried. */
export const openTimeoutMs = 2_500;

/** The same where there is no next one: slow networks need it. */
export const lastOpenTimeoutMs = 10_000;

/** Failed tries borne of a transport that has worked before others are tried: the server may just be restarting. */
export const provenTries = 2;

/** Time to give a sign of life when asked, or when one is overdue. */
export const pongWaitMs = 8_000;

/** How long a connection is up before the failures before it are forgotten. */
export const settleMs = 5_000;

/** Time the server has to answer our goodbye. */
export const closeTimeoutMs = 1_000;

/** The least time before a retry, and the unit that doubles with each failure. */
export const backoffMs = 500;

/** The longest that a retry is put off, unless the server asks for more. */
export const maxBackoffMs = 20_000;

/** The longest that a retry is put off, whatever the server asks: timers cannot wait for months. */
export const longestAwayMs = 3_600_000;

/** The least time before a retry where the server had no place for us. */
export const atCapacityMs = 5_000;

/** Time before a message is sent again that the server could not take, where it does not say when. */
export const resendMs = 1_000;

/** Time a request that sends a message may take. */
export const postTimeoutMs = 15_000;

/** How long a poll may hang: below the timeouts that proxies have by default. */
export const pollWaitMs = 25_000;

/** Messages that may wait for their ack. */
export const queueLimit = 100;

/** Messages kept for an iterator that is behind. */
export const iteratorBuffer = 1_000;

/** The longest id of a message (the protocol's limit). */
export const maxIdLength = 64;
