/**
 * The scripts are what runs inside Redis: each looks at one room and changes it as one step, whoever else is at it.
 *
 * A room is a hash with its epoch and its last offset, a stream with its last messages, whose ids are their offsets, and
 * a key for each message by which repeats are known. All names of a room have it as their hash tag, so that in a cluster
 * they are in one place.
 */
import { createHash } from 'node:crypto';
import type { Member } from '../../broker.ts';

export interface Script {
  readonly source: string;
  /** By which Redis knows it once it is loaded. */
  readonly sha: string;
}

/** The names of what Redis has of a room. */
export function namesOf(room: string) {
  const hash = `hubbub:{${room}}`;
  return {
    hash,
    log: `${hash}:log`,
    channel: `${hash}:news`,
    said: `${hash}:said:`,
    servers: `${hash}:servers`,
    members: `${hash}:members:`,
  };
}

/** The names of what is about no room: without a hash tag, so that no room can have them, whatever it is called. */
export const serversName = 'hubbub:servers';
export const probeName = 'hubbub:probe';

/** The name of the list of a server's rooms. */
export const roomsNameOf = (server: string): string => `hubbub:{${server}}:rooms`;

/** The names of what is counted of a user or an address, by a tag such as `address:192.0.2.1`. */
export const countsNameOf = (tag: string): string => `hubbub:{${tag}}:connections`;
export const weighedNameOf = (tag: string): string => `hubbub:{${tag}}:due`;

/** @returns the room that a channel is for. */
export function roomOfChannel(channel: string): string {
  return channel.slice('hubbub:{'.length, channel.lastIndexOf('}'));
}

/** What separates the parts of what is published: no epoch and no JSON has it. */
export const separator = '\n';

const now = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/** Reads how many members a room has on each server that lives, and which ones have not been heard of for too long. */
const census = `
local function census(servers)
  local live, dead, all = {}, {}, redis.call('HGETALL', servers)
  for i = 1, #all, 2 do
    local size, expires = string.match(all[i + 1], '^(%d+) (%d+)$')
    if tonumber(expires) > now then
      live[#live + 1] = all[i]
      live[#live + 1] = size
    else
      dead[#dead + 1] = all[i]
    end
  end
  return live, dead
end`;

/**
 * The room's limit is the generic cell rate algorithm, as in `Limiter`: here it holds for all servers together.
 *
 * KEYS: the room's hash, its log, and the key of each message. ARGV: an epoch for a new room; for how long the room and its
 * log are kept; how many messages of it; its channel; the limit's interval and tolerance, an interval of 0 being no limit;
 * and of each message for how long its key is known, and its text.
 * @returns the epoch, and the offset of each message; or, below 0, after how long it may be said again.
 */
export const publishScript = script(`#!lua
local room, log = KEYS[1], KEYS[2]
local most = tonumber(ARGV[4])
local interval, tolerance = tonumber(ARGV[6]), tonumber(ARGV[7])
local place = redis.call('HMGET', room, 'epoch', 'offset', 'due')
local epoch, offset, due = place[1], tonumber(place[2]), tonumber(place[3] or 0)
if not epoch then
  epoch, offset = ARGV[1], 0
  redis.call('DEL', log)
end
${now}
local function early()
  if interval == 0 then return 0 end
  due = math.min(due, now + tolerance + interval)
  if due - now > tolerance then return due - now - tolerance end
  due = math.max(due, now) + interval
  return 0
end
local reply, news = { epoch }, { epoch, offset + 1 }
for i = 3, #KEYS do
  local keepKeyMs, text = ARGV[2 * i + 2], ARGV[2 * i + 3]
  local known = redis.call('GET', KEYS[i])
  local at = known and string.match(known, '^(%d+) (.*)$')
  if at and select(2, string.match(known, '^(%d+) (.*)$')) == epoch then
    reply[#reply + 1] = tonumber(at)
  else
    local tooEarly = early()
    if tooEarly > 0 then
      reply[#reply + 1] = -math.ceil(tooEarly)
    else
      offset = offset + 1
      if most > 0 then
        redis.call('XADD', log, 'MAXLEN', most, offset .. '-0', 'at', now, 'text', text)
      end
      redis.call('SET', KEYS[i], offset .. ' ' .. epoch, 'PX', keepKeyMs)
      reply[#reply + 1] = offset
      news[#news + 1] = text
    end
  end
end
if #news > 2 then
  redis.call('HSET', room, 'epoch', epoch, 'offset', offset)
  if interval > 0 then redis.call('HSET', room, 'due', due) end
  local oldest = most > 0 and redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
  if oldest and now - oldest[2][2] >= tonumber(ARGV[3]) then
    for _, entry in ipairs(redis.call('XRANGE', log, '-', '+', 'COUNT', 100)) do
      if now - entry[2][2] < tonumber(ARGV[3]) then break end
      redis.call('XDEL', log, entry[1])
    end
  end
  redis.call('PEXPIRE', room, ARGV[2])
  redis.call('PEXPIRE', log, ARGV[3])
  redis.call('SPUBLISH', ARGV[5], table.concat(news, '\\n'))
end
return reply`);

/**
 * Makes sure that a room is there. Where Redis has forgotten some of what the asker was told, because it was restarted from
 * an older state, the numbering begins anew: no offset may stand for two messages.
 *
 * KEYS: the room's hash, its log and its servers. ARGV: an epoch for a new room; for how long it is kept; the epoch, the
 * offset and the text of the last message that the asker has.
 * @returns the epoch, the offset, and of each server its name and how many members the room has there.
 */
export const enterScript = script(`#!lua
local room, log = KEYS[1], KEYS[2]
local place = redis.call('HMGET', room, 'epoch', 'offset')
local epoch, offset = place[1], tonumber(place[2])
local known, text = tonumber(ARGV[4]), ARGV[5]
${now}
${census}
local isOther = not epoch
if epoch and epoch == ARGV[3] then
  isOther = offset < known
  if not isOther and text ~= '' then
    local entry = redis.call('XRANGE', log, known .. '-0', known .. '-0')[1]
    isOther = entry and entry[2][4] ~= text
  end
end
if isOther then
  epoch, offset = ARGV[1], 0
  redis.call('DEL', log)
  redis.call('HSET', room, 'epoch', epoch, 'offset', offset)
end
redis.call('PEXPIRE', room, ARGV[2])
return { epoch, offset, unpack((census(KEYS[3]))) }`);

/**
 * KEYS: the room's hash and its log. ARGV: the offsets that the range is between; how many are wanted; whether the oldest of
 * them; for how long messages are kept.
 * @returns the epoch, the offset, that of the oldest message kept, that of the first one told, and the texts; nothing where
 * the room is not known.
 */
export const readScript = script(`#!lua flags=no-writes
local room, log = KEYS[1], KEYS[2]
local place = redis.call('HMGET', room, 'epoch', 'offset')
local epoch, offset = place[1], tonumber(place[2])
if not epoch then return false end
local ageMs = tonumber(ARGV[5])
${now}
local function oldest()
  local from, count = '-', 1
  while true do
    local some = redis.call('XRANGE', log, from, '+', 'COUNT', count)
    if #some == 0 then return offset + 1 end
    for _, entry in ipairs(some) do
      if now - entry[2][2] < ageMs then return tonumber(string.match(entry[1], '^%d+')) end
    end
    from, count = '(' .. some[#some][1], 100
  end
end
local first = oldest()
local low = math.max(tonumber(ARGV[1]) + 1, first)
local high = math.min(tonumber(ARGV[2]) - 1, offset)
local limit = tonumber(ARGV[3])
if ARGV[4] == '1' then high = math.min(high, low + limit - 1) else low = math.max(low, high - limit + 1) end
local reply = { epoch, offset, first, low }
if low <= high then
  for _, entry in ipairs(redis.call('XRANGE', log, low .. '-0', high .. '-0')) do
    reply[#reply + 1] = entry[2][4]
  end
end
return reply`);

/** @returns how a member is written in the set of those who are in a room on one server: no id has a space. */
export function entryOf({ id, name }: Member): string {
  return `${id} ${name}`;
}

/**
 * Says who is in a room on one server, and tells the others what has changed. What of them has died is gone with it.
 *
 * KEYS: the room's servers, and the members on this one. ARGV: its name; how long this holds; the room's channel; whether
 * all of its members are told anew; how many have come and gone, and the last one's name; how many entries follow of those
 * who have come; and the entries of those who have gone.
 */
export const presenceScript = script(`#!lua
local servers, members, server, holdsMs = KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2])
${now}
${census}
local before = redis.call('HGET', servers, server)
if ARGV[4] == '1' then redis.call('DEL', members) end
local last = 8 + tonumber(ARGV[8])
for i = 9, last do redis.call('SADD', members, ARGV[i]) end
for i = last + 1, #ARGV do redis.call('SREM', members, ARGV[i]) end
local size = redis.call('SCARD', members)
if size > 0 then
  redis.call('HSET', servers, server, string.format('%d %d', size, now + holdsMs))
  redis.call('PEXPIRE', members, holdsMs)
else
  redis.call('HDEL', servers, server)
end
local live, dead = census(servers)
for _, name in ipairs(dead) do redis.call('HDEL', servers, name) end
redis.call('PEXPIRE', servers, holdsMs)
local was = before and string.match(before, '^%d+') or '0'
if #dead > 0 or tonumber(was) ~= size or ARGV[5] ~= '0' or ARGV[6] ~= '0' then
  redis.call('SPUBLISH', ARGV[3], table.concat({ '', server, ARGV[5], ARGV[6], ARGV[7], unpack(live) }, '\\n'))
end
return size`);

/**
 * A server of another version may keep its members in another way: theirs are missing then, and those of the others are not.
 *
 * KEYS: a room's servers. ARGV: the server that asks; what the names of the sets of members begin with; the most names wanted.
 * @returns 1 where those of each server could be read, else 0; and the names of the members on the others.
 */
export const namesScript = script(`#!lua flags=no-writes
${now}
${census}
local areAllRead, names, most = 1, {}, tonumber(ARGV[3])
local live = census(KEYS[1])
for i = 1, #live, 2 do
  if live[i] ~= ARGV[1] and #names < most then
    local entries = redis.pcall('SMEMBERS', ARGV[2] .. live[i])
    if entries.err then areAllRead = 0 end
    for _, entry in ipairs(entries) do names[#names + 1] = string.match(entry, ' (.*)$') end
  end
end
return { areAllRead, names }`);

/** Says how many members a server's rooms have. KEYS: its rooms. ARGV: how long this holds; whether they are all; sizes and rooms. */
export const roomsScript = script(`#!lua
if ARGV[2] == '1' then redis.call('DEL', KEYS[1]) end
for i = 3, #ARGV, 2 do
  if ARGV[i] == '0' then redis.call('ZREM', KEYS[1], ARGV[i + 1]) else redis.call('ZADD', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
return redis.call('PEXPIRE', KEYS[1], ARGV[1])`);

/** Says that a server lives. KEYS: the servers. ARGV: its name; how long this holds. */
export const aliveScript = script(`#!lua
${now}
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`);

/** KEYS: the servers. @returns those that live. */
export const serversScript = script(`#!lua flags=no-writes
${now}
return redis.call('ZRANGEBYSCORE', KEYS[1], now, '+inf')`);

/** KEYS: a server's rooms. ARGV: the most wanted. @returns the fullest, each with its size. */
export const fullestScript = script(`#!lua flags=no-writes
return redis.call('ZREVRANGE', KEYS[1], 0, ARGV[1] - 1, 'WITHSCORES')`);

/**
 * Counts the connections of an address or a user on all servers, and lets in those for whom there is room: where one server asks
 * for many, and many ask at once, never more than that.
 *
 * KEYS: how many each server has. ARGV: the server that asks; how long this holds; the most in all; how many it has; how many
 * more ask to come in there.
 * @returns how many of those may.
 */
export const countScript = script(`#!lua
local counts, server, holdsMs = KEYS[1], ARGV[1], tonumber(ARGV[2])
local most, held, asking = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
${now}
${census}
local live, dead = census(counts)
for _, name in ipairs(dead) do redis.call('HDEL', counts, name) end
local all = held
for i = 1, #live, 2 do
  if live[i] ~= server then all = all + live[i + 1] end
end
local passes = math.max(0, math.min(asking, most - all))
if held + passes > 0 then
  redis.call('HSET', counts, server, string.format('%d %d', held + passes, now + holdsMs))
  redis.call('PEXPIRE', counts, holdsMs)
else
  redis.call('HDEL', counts, server)
end
return passes`);

/**
 * Weighs what a user says, by the same algorithm as a room's limit; it answers as rate-limiter-flexible has it.
 *
 * KEYS: when the user's next message would be due. ARGV: how many there are; how many may be said at once; the interval.
 * @returns how many are said at once with these, and after how long the next one may be where those are too many.
 */
export const weighScript = script(`#!lua
local asked, burst, interval = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
${now}
local due = tonumber(redis.call('GET', KEYS[1]) or 0)
due = math.max(now, math.min(due, now + burst * interval))
local before = math.ceil((due - now) / interval)
local passes = math.max(0, math.min(asked, burst - before))
if passes > 0 then
  due = due + passes * interval
  redis.call('SET', KEYS[1], due, 'PX', math.ceil(due - now))
end
return { before + asked, math.max(0, math.ceil(due - now - (burst - 1) * interval)) }`);

/** Fails where nothing can be written. KEYS: a name to write to. */
export const probeScript = script(`#!lua
return redis.call('SET', KEYS[1], '', 'PX', 1000)`);

export const scripts: readonly Script[] = [
  publishScript,
  enterScript,
  readScript,
  presenceScript,
  namesScript,
  roomsScript,
  aliveScript,
  serversScript,
  fullestScript,
  countScript,
  weighScript,
  probeScript,
];

function script(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}
