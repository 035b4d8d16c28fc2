/** A slot is the place of a key in a Redis Cluster: the CRC16 of its hash tag, as the cluster's specification has it. */

const slots = 16_384;
const polynomial = 0x1021;

/** @param tag what is between the braces of a key. */
export function slotOf(tag: string): number {
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? (crc << 1) ^ polynomial : crc << 1;
    crc &= 0xffff;
  }
  return crc % slots;
}
