/** A row is an entry of the timeline as the list shows it: below which date and divider, and whether it goes on. */
import { sameMinute, type Entry } from './timeline.ts';

export interface Row {
  readonly entry: Entry;
  /** The date that begins with it. */
  readonly day: string | undefined;
  /** Whether what was not read yet begins with it. */
  readonly isFirstUnread: boolean;
  /** Whether it is by the same sender in the same minute as the one before, and needs no name of its own. */
  readonly continues: boolean;
}

const dates = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const times = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const exactTimes = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

/** Days since the epoch here, by entry: a busy room is drawn often, and a date takes its time. */
const days = new WeakMap<Entry, number>();

export function rowsOf(entries: readonly Entry[], unreadFrom: string | undefined): readonly Row[] {
  let previous: Entry | undefined;
  return entries.map((entry) => {
    const isNewDay = previous === undefined || dayOf(previous) !== dayOf(entry);
    const isFirstUnread = entry.key === unreadFrom;
    const continues =
      previous !== undefined &&
      !isNewDay &&
      !isFirstUnread &&
      senderOf(entry) !== undefined &&
      senderOf(entry) === senderOf(previous) &&
      sameMinute(entry, previous);
    previous = entry;
    return {
      entry,
      day: isNewDay ? dates.format(new Date(entry.timestamp)) : undefined,
      isFirstUnread,
      continues,
    };
  });
}

/** The time of day, as on a watch. */
export function timeOf(timestamp: string): string {
  return times.format(new Date(timestamp));
}

/** Date and time to the second. */
export function exactTimeOf(timestamp: string): string {
  return exactTimes.format(new Date(timestamp));
}

function senderOf(entry: Entry): string | undefined {
  if (entry.kind === 'said') return entry.message.sender;
  return entry.kind === 'outgoing' ? entry.sender : undefined;
}

function dayOf(entry: Entry): number {
  const known = days.get(entry);
  if (known !== undefined) return known;
  const at = new Date(entry.timestamp);
  const day = Math.floor((at.getTime() - at.getTimezoneOffset() * 60_000) / 86_400_000);
  days.set(entry, day);
  return day;
}
