/** Ids are UUIDs of version 7, which sort by the time they were made (RFC 9562 section 5.7). */
import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const bytesPerId = 16;

// Random bytes are drawn for many ids at once: a draw costs more than everything else about an id.
const pool = new Uint8Array(bytesPerId * 256);
let used = pool.length;
const random = new Uint8Array(bytesPerId);

export function newId(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  // A view of the pool for each id would cost more than a copy.
  for (let at = 0; at < bytesPerId; at += 1) random[at] = pool[used + at] as number;
  used += bytesPerId;
  return v7({ random });
}
