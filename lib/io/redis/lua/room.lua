-- Shared code of the room scripts, prepended to each of them. It implements the rules of core/log a second time, because only
-- a script can number, store and announce in one step; tests/contract/bus_contract.ts tests both implementations.
-- Do not parse user content: it arrives as JSON, is stored unchanged, and is assembled by concatenation.
--
-- Timestamps, which users see, come from the clock of Redis. Ages do not: they are measured by "ran", the run time of the
-- service, which callers pass (ServiceState), so a wrong clock deletes nothing. Keys of a room with entries do not expire;
-- RedisSweeper removes them.
--
-- Stored data can be damaged or written by other programs: scripts must skip it, not fail.
--
-- KEYS 1 head      hash: eras (the epochs: "epoch:after epoch:after"), top, at, ran, server (the replication id at the last
--                  append), tag (in every announcement of this room, to distinguish it from foreign messages), doubt (the
--                  run time until which receipts may have expired early)
--      2 log       stream: ids are NUMBER-0, fields entry: epoch at draft (JSON, without its content), ran, about: the number of
--                  the message that has the entry's content, or 0
--      3 messages  sorted set by number; append.lua describes the members
--      4 reads     hash: user to epoch:number
--      5 marks     sorted set: user by the run time of the last read marker
--      6 state     hash: the fields of core/log/room_state.ts; missing if the room has no state
--      7 mentions  sorted set in alphabetical order: "user number", with leading zeros, for each user whom a message mentions
--      8 mentioned sorted set by number: the same members. In both, those of messages that are not kept remain for a while
-- ARGV 1 an epoch that was never used   2 a tag that was never used   3 maximum age, in milliseconds, or inf
--      4 maximum number of entries   5 run time of the service, in milliseconds
local HEAD, LOG, MESSAGES, READS, MARKS, STATE, MENTIONS, MENTIONED = unpack(KEYS, 1, 8)
local UNUSED, UNUSED_TAG, AGE_MS, MAX_ENTRIES = ARGV[1], ARGV[2], tonumber(ARGV[3]) or math.huge, tonumber(ARGV[4])
-- A room without entries expires if it is not read for this long.
local EMPTY_MS = 120000

local DAY_MS = 86400000

-- Lua would format large numbers with an exponent.
local function whole(number)
  return string.format("%.0f", number)
end

local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- Never decreases within a room: openHead ensures that.
local ran = tonumber(ARGV[5])
local since

-- Identifies the server; changes after a restart and after a promotion. Do not let callers pass it: a client that has
-- reached a promoted server may not know that yet, and would pass the old server's id.
local function server()
  return string.match(redis.call("INFO", "replication"), "master_replid:(%x+)") or ""
end

local function joinEras(head)
  local eras = {}
  for index, era in ipairs(head.eras) do eras[index] = era.epoch .. ":" .. whole(era.after) end
  return table.concat(eras, " ")
end

-- If the clock advances by this much more than the run time, it was set forward.
local MAX_CLOCK_STEP_MS = 60000

local function setHead(head)
  redis.call("HSET", HEAD, "eras", joinEras(head), "top", whole(head.top), "at", whole(head.at),
    "ran", whole(head.ran), "server", head.server, "tag", head.tag)
end

-- The valid epochs, in order; false if there are none.
local function parseEras(text)
  local eras = {}
  for epoch, after in string.gmatch(text or "", "([0-9a-z]+):(%d+)") do
    if #epoch <= 32 and #after <= 15 then eras[#eras + 1] = { epoch = epoch, after = tonumber(after) } end
  end
  return #eras > 0 and eras
end

local function parseNumber(text)
  local number = tonumber(text)
  return number and number >= 0 and number < 1e15 and number == math.floor(number) and number
end

-- When a mute or a ban ends, in milliseconds since 1970, from the text of its field; 0 if there is none.
local function endOf(text)
  return parseNumber(string.match(text or "", "^(%d+) ")) or 0
end

-- Lets the head of a room without entries expire, unless it is read again in time.
local function keepEmptyHead(head)
  if head.top == 0 then redis.call("PEXPIRE", HEAD, EMPTY_MS) end
end

-- Reads the head, or creates it. Reading keeps the head of a room without entries. Before a write, a full Redis must refuse the
-- first change: the caller calls keepEmptyHead at the end.
local function openHead(isToWrite)
  local eras, top, at, before, by, tag, doubt =
    unpack(redis.call("HMGET", HEAD, "eras", "top", "at", "ran", "server", "tag", "doubt"))
  eras, top = parseEras(eras), parseNumber(top)
  local head
  if eras and top then
    head = { eras = eras, top = top, at = parseNumber(at) or now, ran = parseNumber(before) or 0, server = by or "", tag = tag }
    head.doubt = parseNumber(doubt)
    if not tag or not string.match(tag, "^%w+$") then
      head.tag = UNUSED_TAG
      -- A full Redis refuses this; the room can still be read.
      redis.pcall("HSET", HEAD, "tag", UNUSED_TAG)
    end
  else
    head = { eras = { { epoch = UNUSED, after = 0 } }, top = 0, at = now, ran = ran, server = server(), tag = UNUSED_TAG }
    if isToWrite then setHead(head) end
    redis.call("HDEL", HEAD, "doubt")
    -- The head is lost: delete the rest of the room, because its numbers will be used again.
    redis.call("DEL", LOG, MESSAGES, READS, MARKS, STATE, MENTIONS, MENTIONED)
    if not isToWrite then setHead(head) end
  end
  if not isToWrite then keepEmptyHead(head) end
  ran = math.max(ran, head.ran)
  -- A room can keep messages for less time than the service: implements contextOf of core/log/retention.ts. A room whose state
  -- cannot be read can be read all the same.
  local keep = head.top > 0 and parseNumber(redis.pcall("HGET", STATE, "keep"))
  if keep then AGE_MS = math.min(AGE_MS, keep * DAY_MS) end
  since = ran - AGE_MS
  return head
end

local function presentEpoch(head)
  return head.eras[#head.eras].epoch
end

-- The number from which a replay after a position starts, and why entries are lost ("" if none are).
local function judge(head, floor, epoch, seq)
  for index, era in ipairs(head.eras) do
    if era.epoch == epoch then
      local following = head.eras[index + 1]
      local last = following and following.after or head.top
      if seq > last then return math.max(last, floor), "rewound" end
      if seq < floor then return floor, "too_old" end
      return seq, ""
    end
  end
  return floor, "unknown_epoch"
end

-- The first index in low..high-1 that has not expired; high if all have. Damaged rows count as new.
local function firstFresh(low, high, ranOf)
  local function isFresh(index)
    local age = ranOf(index)
    return not age or age >= since
  end
  if low >= high or isFresh(low) then return low end
  while low < high do
    local middle = math.floor((low + high) / 2)
    if isFresh(middle) then high = middle else low = middle + 1 end
  end
  return low
end

-- The fields of a log row, by name.
local function fieldsOf(row)
  local fields = {}
  for index = 1, #row[2], 2 do fields[row[2][index]] = row[2][index + 1] end
  return fields
end

-- Rows written by versions without ages have no "ran".
local function ranOfRow(row)
  local fields = row[2]
  -- Our own rows have it as the second field, so fieldsOf() is rarely needed.
  return tonumber(fields[3] == "ran" and fields[4] or fieldsOf(row).ran) or 0
end

local function entryRan(seq)
  local id = whole(seq)
  local row = redis.call("XRANGE", LOG, id, id)[1]
  return row and ranOfRow(row)
end

-- The number before the oldest retained entry. The stream can hold more entries than the maximum, since it is trimmed by
-- about a hundred at a time.
local function floorOf(head)
  local row = redis.call("XRANGE", LOG, "-", "+", "COUNT", 1)[1]
  local oldest = row and tonumber(string.match(row[1], "^%d+"))
  if not oldest or oldest > head.top then return head.top end
  local floor = math.max(oldest - 1, head.top - MAX_ENTRIES, 0)
  if since == -math.huge or (floor == oldest - 1 and ranOfRow(row) >= since) then return floor end
  return firstFresh(floor + 1, head.top + 1, entryRan) - 1
end

local function ranOfMessage(member)
  local marks = string.match(member, "^[^\n]*")
  local first, age = string.match(marks, "^(%d+) %w+ %d+ [%w_]+ %d+ %d ?(%d*)$")
  return first and (tonumber(age) or 0)
end

local function messageRan(rank)
  local member = redis.call("ZRANGE", MESSAGES, rank, rank)[1]
  return member and ranOfMessage(member)
end

-- The number of expired messages among the first `held`.
local function staleMessages(held)
  if since == -math.huge then return 0 end
  return firstFresh(0, held, messageRan)
end

-- The lower bound of unexpired messages, in the form that sorted set commands accept.
local function lowestMessage()
  local stale = staleMessages(redis.call("ZCARD", MESSAGES))
  if stale == 0 then return "-inf" end
  return "(" .. redis.call("ZRANGE", MESSAGES, stale - 1, stale - 1, "WITHSCORES")[2]
end

-- Deletes the mentions in messages with numbers in a range, or in the oldest thousands of them.
local function dropMentions(lowest, highest)
  local dropped = redis.call("ZRANGEBYSCORE", MENTIONED, lowest, highest, "LIMIT", 0, 5000)
  for index = 1, #dropped, 1000 do
    local last = math.min(index + 999, #dropped)
    redis.call("ZREM", MENTIONS, unpack(dropped, index, last))
    redis.call("ZREM", MENTIONED, unpack(dropped, index, last))
  end
end

-- Deletes the mentions in messages that are no longer kept.
local function dropOldMentions()
  local oldest = redis.call("ZRANGE", MESSAGES, 0, 0, "WITHSCORES")[2]
  dropMentions("-inf", oldest and "(" .. oldest or "+inf")
end

-- The parts of a message; nil if it is damaged.
local function parseMessage(member)
  local seq, epoch, at, user, edited, deleted, age, about, content, reactions =
    string.match(member, "^(%d+) (%w+) (%d+) ([%w_]+) (%d+) (%d) ?(%d*)\n([^\n]*)\n([^\n]*)(.*)$")
  if not seq then return nil end
  return {
    seq = seq, epoch = epoch, at = at, user = user, edited = edited, deleted = deleted == "1", ran = tonumber(age) or 0,
    about = about, content = content, reactions = reactions,
  }
end

-- The current message with a number; nil if it has expired or is damaged.
local function messageAt(seq)
  local member = redis.call("ZRANGEBYSCORE", MESSAGES, seq, seq, "LIMIT", 0, 1)[1]
  local message = member and parseMessage(member)
  if message and message.ran >= since then return message, member end
  return nil
end
