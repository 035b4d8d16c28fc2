/**
 * RoomView is one room as the page shows it: its link among the rooms and its log of messages. What a member typed
 * goes into `textContent` and nowhere else, so it can never become markup.
 *
 * @import { ChatMessage, WelcomeMessage } from '../protocol.ts'
 */
import { find, fromTemplate } from './dom.js';

/** Messages kept in a room's log; older ones go. */
const logLimit = 500;
/** How far from its end a log may be scrolled and still follow what is new. */
const followWithinPx = 48;
/** Colours for senders, as numbered in the style sheet. */
const tints = 8;

const graphemes = new Intl.Segmenter();

export class RoomView {
  name;
  /** Whether the server knows us in here. @type {'waiting' | 'joining' | 'joined'} */
  membership = 'waiting';
  /** What is being written here. */
  draft = '';
  unread = 0;
  /** @type {number | undefined} */
  members;
  #following = true;
  #followPlanned = false;
  #followedTo = 0;
  #epoch = '';
  #offset = 0;

  link = fromTemplate('link-template', HTMLLIElement);
  log = fromTemplate('log-template', HTMLDivElement);
  #anchor = find('a', HTMLAnchorElement, this.link);
  #badge = find('.unread', HTMLElement, this.link);
  #list = find('ol', HTMLOListElement, this.log);

  /** @param {string} name */
  constructor(name) {
    this.name = name;
    this.#anchor.href = `#${encodeURIComponent(name)}`;
    find('.name', HTMLElement, this.link).textContent = name;
    this.log.ariaLabel = `Messages in ${name}`;
    this.log.addEventListener('scroll', () => this.#scrolled());
    this.#setFollowing(true);
  }

  /**
   * Shows the room, or another one in its place.
   * @param {boolean} active
   */
  show(active) {
    this.log.hidden = !active;
    // A log out of sight must not be read out.
    this.log.ariaLive = active ? 'polite' : 'off';
    this.#anchor.ariaCurrent = active ? 'page' : null;
    if (active) this.follow();
  }

  /** @param {number} count */
  setUnread(count) {
    this.unread = count;
    this.#badge.hidden = count === 0;
    this.#badge.textContent = String(count);
    this.#badge.ariaLabel = `${count} unread`;
  }

  /** Whether the log moves on with what is new; else it keeps the reader's place. */
  get following() {
    return this.#following;
  }

  /** Goes to the end and stays there with what is new. */
  followEnd() {
    this.#setFollowing(true);
    this.follow();
  }

  /** Scrolls to the end, unless the reader keeps a place further up. */
  follow() {
    if (!this.#following || this.log.hidden) return;
    this.log.scrollTop = this.log.scrollHeight;
    this.#followedTo = this.log.scrollTop;
  }

  /**
   * Takes the server's word on where we stand, and tells what was missed since the last time.
   * @param {WelcomeMessage} message
   */
  welcome(message) {
    this.membership = 'joined';
    this.members = message.members;
    this.addNote(message.content, message.timestamp);
    const missed = message.offset - this.#offset;
    if (this.#epoch !== '' && this.#epoch !== message.epoch) {
      this.addNote(
        'The room has started anew: while you were away you may have missed messages.',
        message.timestamp,
      );
    } else if (this.#epoch !== '' && missed > 0) {
      const some = missed === 1 ? '1 message' : `${missed} messages`;
      this.addNote(`While you were away you missed ${some}.`, message.timestamp);
    }
    this.#epoch = message.epoch;
    this.#offset = message.offset;
  }

  /**
   * @param {ChatMessage} message
   * @param {boolean} own whether we said it
   */
  addMessage(message, own) {
    this.#offset = message.offset;
    const item = fromTemplate('message-template', HTMLLIElement);
    const minute = timeOfDay(message.timestamp);
    item.dataset['sender'] = message.sender;
    item.dataset['minute'] = minute;
    item.dataset['initial'] = initialOf(message.sender);
    item.classList.add(`tint-${tintOf(message.sender)}`);
    item.classList.toggle('own', own);
    const last = this.#list.lastElementChild;
    const continues =
      last instanceof HTMLElement &&
      last.dataset['sender'] === message.sender &&
      last.dataset['minute'] === minute;
    item.classList.toggle('continued', continues);
    find('.sender', HTMLElement, item).textContent = message.sender;
    find('.text', HTMLElement, item).textContent = message.content;
    this.#append(item, message.timestamp);
  }

  /**
   * Adds what happened, in words.
   * @param {string} text
   * @param {string} timestamp RFC 3339
   */
  addNote(text, timestamp = new Date().toISOString()) {
    const item = fromTemplate('note-template', HTMLLIElement);
    find('.text', HTMLElement, item).textContent = text;
    this.#append(item, timestamp);
  }

  remove() {
    this.link.remove();
    this.log.remove();
  }

  /**
   * @param {HTMLLIElement} item
   * @param {string} timestamp
   */
  #append(item, timestamp) {
    const time = find('time', HTMLTimeElement, item);
    time.dateTime = timestamp;
    time.textContent = timeOfDay(timestamp);
    time.title = new Date(timestamp).toLocaleString();
    this.#list.append(item);
    if (this.#list.childElementCount > logLimit) this.#dropOldest();
    this.#followSoon();
  }

  /** @param {boolean} following */
  #setFollowing(following) {
    this.#following = following;
    this.log.classList.toggle('following', following);
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.log;
    // Away from the end means scrolled up only if it moved up: else the end moved on, and the next frame follows it.
    if (scrollHeight - scrollTop - clientHeight <= followWithinPx) this.#setFollowing(true);
    else if (scrollTop < this.#followedTo - 1) this.#setFollowing(false);
  }

  #dropOldest() {
    this.#list.firstElementChild?.remove();
    this.#list.firstElementChild?.classList.remove('continued');
  }

  /** Follows once a frame: reading the height after every message would lay the page out every time. */
  #followSoon() {
    if (this.#followPlanned) return;
    this.#followPlanned = true;
    requestAnimationFrame(() => {
      this.#followPlanned = false;
      this.follow();
    });
  }
}

/** @param {string} timestamp */
function timeOfDay(timestamp) {
  return new Date(timestamp).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}

/** @param {string} name */
function initialOf(name) {
  const [first] = graphemes.segment(name);
  return first?.segment.toLocaleUpperCase() ?? '';
}

/**
 * One colour for one name, on every screen.
 * @param {string} name
 */
function tintOf(name) {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return sum % tints;
}
