import { expect, test } from 'vitest';
import { slotOf } from '../../../src/brokers/redis/slot.ts';

test.each([
  // From the cluster's specification, and from CLUSTER KEYSLOT.
  ['123456789', 12_739],
  ['foo', 12_182],
  ['', 0],
  ['寿司', 1_071],
])('the slot of %j is %i', (tag, slot) => {
  expect(slotOf(tag)).toBe(slot);
});
