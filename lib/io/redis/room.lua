-- A room as all scripts know it; put before each of those that follow. It is core/room_log.ts over again, for the one
-- place where numbering, keeping and announcing can be one step, and tests/bus_contract.ts holds both to the same rules.
-- Nothing that somebody typed is looked into: it comes as JSON, is kept as it came, and is put together by joining texts.
--
-- KEYS 1 head      hash: eras ("epoch:after epoch:after"), top, at, server (the replication id that numbered last)
--      2 log       stream: ids are NUMBER-0, one field entry: epoch at draft (JSON)
--      3 messages  sorted set by number; how a member is built, append.lua says
--      4 reads     hash: user to epoch:number
-- ARGV 1 an epoch that was never used   2 how old things may become, in milliseconds, or inf   3 so many entries are kept
local HEAD, LOG, MESSAGES, READS = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local UNUSED, AGE_MS, MAX_ENTRIES = ARGV[1], tonumber(ARGV[2]) or math.huge, tonumber(ARGV[3])
local SLACK_MS = 60000

-- Lua would write large numbers with an exponent.
local function whole(number)
  return string.format("%.0f", number)
end

local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local since = now - AGE_MS

-- Which server this is: another one after a restart and after a promotion. Read here and not by who connects, since a
-- client that has found its way to a promoted server may not know it yet, and would pass the old one's.
local function server()
  return string.match(redis.call("INFO", "replication"), "master_replid:(%x+)") or ""
end

local function expire(key, ms)
  if ms < math.huge then redis.call("PEXPIRE", key, whole(ms)) else redis.call("PERSIST", key) end
end

-- What is kept goes by itself when nobody comes any more; the head later, so that the numbers go on as long as anything is there.
local function keepHead()
  expire(HEAD, 2 * (AGE_MS + SLACK_MS))
end

local function setHead(head)
  local eras = {}
  for index, era in ipairs(head.eras) do eras[index] = era.epoch .. ":" .. whole(era.after) end
  redis.call("HSET", HEAD, "eras", table.concat(eras, " "), "top", whole(head.top), "at", whole(head.at),
    "server", head.server)
end

local function openHead()
  local eras, top, at, by = unpack(redis.call("HMGET", HEAD, "eras", "top", "at", "server"))
  if not eras then
    -- What is left of a room whose head is lost has numbers that are about to be used again.
    redis.call("DEL", LOG, MESSAGES, READS)
    local first = { eras = { { epoch = UNUSED, after = 0 } }, top = 0, at = now, server = server() }
    setHead(first)
    keepHead()
    return first
  end
  local head = { eras = {}, top = tonumber(top), at = tonumber(at), server = by }
  for epoch, after in string.gmatch(eras, "(%w+):(%d+)") do
    head.eras[#head.eras + 1] = { epoch = epoch, after = tonumber(after) }
  end
  return head
end

local function presentEpoch(head)
  return head.eras[#head.eras].epoch
end

-- What follows after a number, and why it is not all.
local function judge(head, floor, epoch, seq)
  for index, era in ipairs(head.eras) do
    if era.epoch == epoch and seq >= era.after then
      local following = head.eras[index + 1]
      local last = following and following.after or head.top
      if seq > last then return math.max(last, floor), "rewound" end
      if seq < floor then return floor, "too_old" end
      return seq, ""
    end
  end
  return floor, "unknown_epoch"
end

-- The first index in low..high-1 where something is not too old; high where all is. Times do not go back.
local function firstFresh(low, high, at)
  if low >= high or at(low) >= since then return low end
  while low < high do
    local middle = math.floor((low + high) / 2)
    if at(middle) < since then low = middle + 1 else high = middle end
  end
  return low
end

local function entryTime(seq)
  local id = whole(seq)
  return tonumber(string.match(redis.call("XRANGE", LOG, id, id)[1][2][2], "^%w+ (%d+)"))
end

-- The number before the oldest entry, of so many in the log, that counts. The log has no holes; it may hold some more than
-- it should, since the stream drops them a hundred at a time.
local function floorOf(head, held)
  local oldest = head.top - math.min(held, MAX_ENTRIES)
  if since == -math.huge then return oldest end
  return firstFresh(oldest + 1, head.top + 1, entryTime) - 1
end

local function messageTime(rank)
  return tonumber(string.match(redis.call("ZRANGE", MESSAGES, rank, rank)[1], "^%d+ %w+ (%d+)"))
end

-- How many of so many messages are too old.
local function staleMessages(held)
  if since == -math.huge then return 0 end
  return firstFresh(0, held, messageTime)
end

-- The lowest number of the messages that are not too old, as the commands for sorted sets take it.
local function lowestMessage()
  local stale = staleMessages(redis.call("ZCARD", MESSAGES))
  if stale == 0 then return "-inf" end
  return "(" .. redis.call("ZRANGE", MESSAGES, stale - 1, stale - 1, "WITHSCORES")[2]
end
