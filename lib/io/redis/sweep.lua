-- Drops what is too old in a room that may be inactive, and the room itself if its newest entry is older than twice the age
-- limit: a position outlives what it leads to. ARGV 6 age limit of read marks, by ran   7 age limit of the room, by ran.
-- Returns how many entries, messages and marks were dropped, and 1 if the room was.
if redis.call("EXISTS", HEAD) == 0 then
  return { 0, 0, 0, redis.call("DEL", LOG, MESSAGES, READS, MARKS) > 0 and 1 or 0 }
end
local head = openHead()
if head.top > 0 and head.ran < tonumber(ARGV[7]) then
  local entries, messages = redis.call("XLEN", LOG), redis.call("ZCARD", MESSAGES)
  local marks = redis.call("HLEN", READS)
  redis.call("DEL", HEAD, LOG, MESSAGES, READS, MARKS)
  return { entries, messages, marks, 1 }
end
local entries = redis.call("XTRIM", LOG, "MINID", whole(floorOf(head) + 1))
local stale = staleMessages(redis.call("ZCARD", MESSAGES))
local messages = stale > 0 and redis.call("ZREMRANGEBYRANK", MESSAGES, 0, stale - 1) or 0
local forgotten = redis.call("ZRANGEBYSCORE", MARKS, "-inf", "(" .. ARGV[6], "LIMIT", 0, 1000)
for _, user in ipairs(forgotten) do
  redis.call("HDEL", READS, user)
  redis.call("ZREM", MARKS, user)
end
return { entries, messages, #forgotten, 0 }
