-- Deletes expired rows of a room, what has ended of its state, and the room itself if it has no state, no node follows it and
-- its newest entry is older than twice the age limit: positions outlive their entries. ARGV 6 run time before which read
-- markers expire   7 run time before which the room expires   8 the longest interval of slow mode, in milliseconds   9 NUMSUB
-- or SHARDNUMSUB   10 the room's channel.
-- Returns the numbers of deleted entries, messages and read markers, and 1 if the room was deleted.
if redis.call("EXISTS", HEAD) == 0 then
  return { 0, 0, 0, redis.call("DEL", LOG, MESSAGES, READS, MARKS, STATE, MENTIONS, MENTIONED) > 0 and 1 or 0 }
end
local head = openHead()

-- Implements endedFields of core/log/state_expiry.ts. Returns the number of fields that remain.
local function dropEnded()
  local flat = redis.call("HGETALL", STATE)
  if #flat == 0 then return 0 end
  local isSlow, left = redis.call("HEXISTS", STATE, "slow") == 1, #flat / 2
  for index = 1, #flat, 2 do
    local field, text = flat[index], flat[index + 1]
    local kind = string.match(field, "^(%l+):")
    local counts = isSlow and (parseNumber(text) or 0) + tonumber(ARGV[8]) > now
    if (kind == "mute" or kind == "ban") and endOf(text) <= now or kind == "sent" and not counts then
      left = left - redis.call("HDEL", STATE, field)
    end
  end
  return left
end

-- Users in the room have positions of it.
local function isFollowed()
  local counts = redis.pcall("PUBSUB", ARGV[9], ARGV[10])
  return not counts.err and (counts[2] or 0) > 0
end

if dropEnded() == 0 and head.top > 0 and head.ran < tonumber(ARGV[7]) and not isFollowed() then
  local entries, messages = redis.call("XLEN", LOG), redis.call("ZCARD", MESSAGES)
  local marks = redis.call("HLEN", READS)
  redis.call("DEL", HEAD, LOG, MESSAGES, READS, MARKS, MENTIONS, MENTIONED)
  return { entries, messages, marks, 1 }
end
local entries = redis.call("XTRIM", LOG, "MINID", whole(floorOf(head) + 1))
local stale = staleMessages(redis.call("ZCARD", MESSAGES))
local messages = stale > 0 and redis.call("ZREMRANGEBYRANK", MESSAGES, 0, stale - 1) or 0
dropOldMentions()
local forgotten = redis.call("ZRANGEBYSCORE", MARKS, "-inf", "(" .. ARGV[6], "LIMIT", 0, 1000)
for _, user in ipairs(forgotten) do
  redis.call("HDEL", READS, user)
  redis.call("ZREM", MARKS, user)
end
return { entries, messages, #forgotten, 0 }
