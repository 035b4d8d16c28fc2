/**
 * The scripts are what runs inside Redis: each looks at one room and changes it as one step, whoever else is at it.
 *
 * A room is a hash with its epoch and its last offset, a stream with its last messages, whose ids are their offsets, and
 * a key for each message by which repeats are known. All names of a room have it as their hash tag, so that in a cluster
 * they are in one place.
 */
import { createHash } from 'node:crypto';

export interface Script {
  readonly source: string;
  /** By which Redis knows it once it is loaded. */
  readonly sha: string;
}

/** The names of what Redis has of a room. */
export function namesOf(room: string) {
  const hash = `hubbub:{${room}}`;
  return { hash, log: `${hash}:log`, channel: `${hash}:news`, said: `${hash}:said:` };
}

/** @returns the room that a channel is for. */
export function roomOfChannel(channel: string): string {
  return channel.slice('hubbub:{'.length, channel.lastIndexOf('}'));
}

/** What separates the parts of what is published: no epoch and no JSON has it. */
export const separator = '\n';

const now = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/**
 * KEYS: the room's hash, its log, and the key of each message. ARGV: an epoch for a new room; for how long the room and its
 * log are kept; how many messages of it; its channel; and of each message for how long its key is known, and its text.
 * @returns the epoch, and the offset of each message.
 */
export const publishScript = script(`#!lua
local room, log = KEYS[1], KEYS[2]
local most = tonumber(ARGV[4])
local place = redis.call('HMGET', room, 'epoch', 'offset')
local epoch, offset = place[1], tonumber(place[2])
if not epoch then
  epoch, offset = ARGV[1], 0
  redis.call('DEL', log)
end
${now}
local reply, news = { epoch }, { epoch, offset + 1 }
for i = 3, #KEYS do
  local keepKeyMs, text = ARGV[2 * i], ARGV[2 * i + 1]
  local known = redis.call('GET', KEYS[i])
  local at = known and string.match(known, '^(%d+) (.*)$')
  if at and select(2, string.match(known, '^(%d+) (.*)$')) == epoch then
    reply[#reply + 1] = tonumber(at)
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
if #news > 2 then
  redis.call('HSET', room, 'epoch', epoch, 'offset', offset)
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
 * KEYS: the room's hash and its log. ARGV: an epoch for a new room; for how long it is kept; the epoch, the offset and the
 * text of the last message that the asker has.
 * @returns the epoch and the offset.
 */
export const enterScript = script(`#!lua
local room, log = KEYS[1], KEYS[2]
local place = redis.call('HMGET', room, 'epoch', 'offset')
local epoch, offset = place[1], tonumber(place[2])
local known, text = tonumber(ARGV[4]), ARGV[5]
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
return { epoch, offset }`);

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

/** Fails where nothing can be written. KEYS: a name to write to. */
export const probeScript = script(`#!lua
return redis.call('SET', KEYS[1], '', 'PX', 1000)`);

export const scripts: readonly Script[] = [publishScript, enterScript, readScript, probeScript];

function script(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}
