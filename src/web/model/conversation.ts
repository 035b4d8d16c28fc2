/**
 * A conversation is one room as this page takes part in it: the client's room, its timeline, its history as far as
 * one scrolled up, what is unread, and what was being written.
 */
import { newId } from '../../client/ids.ts';
import type { Position, Room, RoomState } from '../../client/index.ts';
import type { ChatMessage, SystemMessage } from '../../protocol.ts';
import { failureWords } from './failure-words.ts';
import { historyBefore } from './history.ts';
import { Signal } from './signal.ts';
import { Timeline, type Entry } from './timeline.ts';

/** What lies above the oldest message shown. */
export type Older =
  | 'unknown' // nobody asked yet
  | 'loading'
  | 'more' // the server keeps more
  | 'none' // the room began here
  | 'gone' // there was more, and it is not kept any more
  | 'failed'; // the server could not be asked

export interface ConversationView {
  readonly entries: readonly Entry[];
  /** Whether entries came or went at the start since the last view. */
  readonly startMoved: boolean;
  readonly older: Older;
  readonly unread: number;
  /** The first entry that was not seen when one looked away. */
  readonly unreadFrom: string | undefined;
  /** The last things that others said while one looked on, for those who listen. */
  readonly spoken: readonly { readonly key: string; readonly text: string }[];
}

/** Where the list stood when it was last looked at: at its end, or with an entry at its top. */
export type Place = 'end' | { readonly key: string; readonly hiddenPx: number };

/** The time over which changes are gathered, so that a busy room is drawn once a frame and not once a message. */
const gatherMs = 16;

const spokenKept = 8;

export class Conversation {
  readonly name: string;
  readonly view = new Signal<ConversationView>({
    entries: [],
    startMoved: false,
    older: 'unknown',
    unread: 0,
    unreadFrom: undefined,
    spoken: [],
  });
  readonly state = new Signal<RoomState>({ status: 'connecting', attempt: 0, members: 0 });
  /** The client's room, while there is one. */
  readonly room = new Signal<Room | undefined>(undefined);
  /** How its member wants to be called; a guest does not care. */
  readonly wantedName: Signal<string | undefined>;
  /** Grows whenever the room is to be joined anew. */
  readonly joins = new Signal(1);
  /** Grows whenever somebody came or went. */
  readonly comings = new Signal(0);
  /** The last entry there was when one scrolled away from the end; undefined while one is there. */
  readonly leftAt = new Signal<string | undefined>(undefined);

  readonly #timeline = new Timeline();
  /** What the view will say when it is drawn next, its entries aside. */
  #facts: Omit<ConversationView, 'entries' | 'startMoved'> = this.view.value;
  readonly #asking = new AbortController();
  #draft = '';
  #place: Place = 'end';
  #starts = 0;
  #watched = false;
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #position: Position | undefined;
  /** What was sent while there was no room to send it to, by its id. */
  readonly #undelivered = new Map<string, string>();

  constructor(name: string, member: string | undefined) {
    this.name = name;
    this.wantedName = new Signal(member);
  }

  /** Up to where it has heard the room. */
  get position(): Position | undefined {
    return this.#position;
  }

  /** Hears and tells from now on what goes on in the room. @returns what ends it. */
  attach(room: Room): () => void {
    const offs = [
      room.on('state', (state) => this.#stateChanged(state)),
      room.on('message', (message) => this.#heard(message)),
      room.on('presence', (message) => this.#presence(message)),
      room.on('gap', ({ from, to }) => void this.#missed(from, to)),
    ];
    this.room.set(room);
    const { position } = room.state;
    // What came before anybody listened is asked for.
    const isBehind =
      position !== undefined && this.#position !== undefined && !isSame(position, this.#position);
    if (isBehind) void this.#missed(this.#position, position);
    this.#stateChanged(room.state);
    for (const [id, content] of this.#undelivered) void this.#deliver(id, content);
    this.#undelivered.clear();
    return () => {
      for (const off of offs) off();
      if (this.room.value === room) this.room.set(undefined);
    };
  }

  /** Says whether somebody looks on; whoever does has read what is there. */
  watch(isWatched: boolean): void {
    if (isWatched === this.#watched) return;
    this.#watched = isWatched;
    if (isWatched) this.#change({ unread: 0 });
    else this.#change({ unreadFrom: undefined, spoken: [] });
  }

  /** What one was writing here. */
  get draft(): string {
    return this.#draft;
  }

  keepDraft(text: string): void {
    this.#draft = text;
  }

  get place(): Place {
    return this.#place;
  }

  keepPlace(place: Place): void {
    this.#place = place;
    if (place === 'end') this.leftAt.set(undefined);
    else if (this.leftAt.value === undefined) {
      // What waits at the end stays there, whatever comes.
      const last = this.view.value.entries.findLast(({ kind }) => kind !== 'outgoing');
      this.leftAt.set(last?.key ?? '');
    }
  }

  send(content: string): void {
    const id = newId();
    // Whoever says something wants to see it.
    this.keepPlace('end');
    this.#timeline.send(id, content, this.state.value.name ?? '', new Date().toISOString());
    this.#change({ unreadFrom: undefined });
    void this.#deliver(id, content);
  }

  retry(id: string): void {
    const content = this.#timeline.retry(id);
    if (content === undefined) return;
    this.#change({});
    if (this.state.value.status === 'closed') this.rejoin();
    void this.#deliver(id, content);
  }

  discard(id: string): void {
    this.#timeline.discard(id);
    this.#change({});
  }

  /** Says something to this member alone. */
  note(text: string): void {
    this.#timeline.note(text, new Date().toISOString());
    this.#change({});
  }

  rename(name: string): void {
    this.wantedName.set(name);
    if (this.state.value.status === 'closed') this.rejoin();
  }

  /** Tries at once where it waits for the next try; comes back where it was closed for good. */
  tryNow(): void {
    const { status } = this.state.value;
    if (status === 'closed') this.rejoin();
    else if (status === 'backingOff') this.room.value?.retryNow();
  }

  /** Comes back after an end: from where it was, so that nothing is missed. */
  rejoin(): void {
    this.wantedName.set(this.wantedName.value ?? this.state.value.name);
    this.room.set(undefined);
    this.joins.set(this.joins.value + 1);
  }

  leave(): void {
    this.#asking.abort();
    clearTimeout(this.#gathering);
  }

  /** Loads what was said before the oldest message shown. */
  async loadOlder(): Promise<void> {
    const { name } = this.state.value;
    const position = this.#position;
    const { older } = this.#facts;
    if (position === undefined || !['unknown', 'more', 'failed'].includes(older)) return;
    const { oldest: shown } = this.#timeline;
    // What came before it went with the life of the room that it belongs to.
    if (shown !== undefined && shown.epoch !== position.epoch) return this.#change({ older: 'gone' });
    this.#change({ older: 'loading' });
    const before = shown?.offset ?? position.offset + 1;
    try {
      const history = await historyBefore(this.name, before, this.#asking.signal);
      if (history.epoch !== position.epoch) return this.#change({ older: 'gone' });
      this.#timeline.prepend(history.messages, history.epoch, name);
      const oldest = history.messages[0]?.offset ?? before;
      this.#change({ older: oldest === 1 ? 'none' : oldest > history.first ? 'more' : 'gone' });
    } catch {
      if (!this.#asking.signal.aborted) this.#change({ older: 'failed' });
    }
  }

  #stateChanged(state: RoomState): void {
    this.state.set(state);
    this.#position = state.position ?? this.#position;
    if (state.status === 'open' && this.#facts.older === 'unknown') void this.loadOlder();
  }

  #heard(message: ChatMessage): void {
    const { position, name } = this.room.value?.state ?? this.state.value;
    this.#position = position;
    const own = message.sender === name;
    const { starts } = this.#timeline;
    const entry = this.#timeline.add(message, position?.epoch ?? '', own);
    if (entry === undefined) return;
    // What had to make room for it may still be kept by the server.
    if (this.#timeline.starts !== starts && this.#facts.older !== 'loading')
      this.#changeSoon({ older: 'more' });
    const { unread, unreadFrom, spoken } = this.#facts;
    if (this.#watched) {
      const said = { key: entry.key, text: `${message.sender}: ${message.content}` };
      return this.#changeSoon(own ? {} : { spoken: [...spoken, said].slice(-spokenKept) });
    }
    this.#changeSoon({ unread: unread + 1, unreadFrom: unreadFrom ?? entry.key });
  }

  #presence({ event, sender, content, timestamp }: SystemMessage): void {
    if (event !== 'draining') this.comings.set(this.comings.value + 1);
    // Whoever comes back after each lost connection need not be told so each time.
    if (event === 'joined' && sender === this.state.value.name) return;
    this.#timeline.note(event === 'draining' ? 'The server is restarting' : content, timestamp);
    this.#changeSoon({});
  }

  async #missed(from: Position | undefined, to: Position): Promise<void> {
    const isNewLife = from?.epoch !== to.epoch;
    const text = isNewLife
      ? 'The room started anew: some messages may be missing here'
      : 'Some messages may be missing here';
    const key = this.#timeline.gap(text, new Date().toISOString());
    this.#change({});
    // After a restart everything comes by itself: all who come back at once need not ask for what cannot be there.
    if (to.offset === 0) return;
    try {
      const history = await historyBefore(this.name, to.offset + 1, this.#asking.signal);
      if (history.epoch !== to.epoch) return;
      this.#timeline.fill(key, history.messages, from, to, this.state.value.name);
      this.#change({});
    } catch {
      // The gap stands and says so.
    }
  }

  async #deliver(id: string, content: string): Promise<void> {
    const room = this.room.value;
    if (room === undefined) {
      this.#undelivered.set(id, content);
      return;
    }
    try {
      this.#timeline.acknowledge(id, await room.send(content, { id }));
    } catch (error) {
      this.#timeline.fail(id, failureWords(error));
    }
    this.#change({});
  }

  #changeSoon(change: Partial<ConversationView>): void {
    this.#facts = { ...this.#facts, ...change };
    this.#gathering ??= setTimeout(() => this.#change({}), gatherMs);
  }

  #change(change: Partial<ConversationView>): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#facts = { ...this.#facts, ...change };
    const { starts } = this.#timeline;
    this.view.set({ ...this.#facts, startMoved: starts !== this.#starts, entries: this.#timeline.entries() });
    this.#starts = starts;
  }
}

function isSame(one: Position, other: Position): boolean {
  return one.epoch === other.epoch && one.offset === other.offset;
}
