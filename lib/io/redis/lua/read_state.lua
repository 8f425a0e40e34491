-- Reads a user's read marker. ARGV 6 the user   7 the number after which the user can read   8 maximum count   9 age at which
-- a marker is renewed: it is kept as long as its user comes back. Returns the position, or "" if there is none, the number of
-- messages after it, and the number of those that mention the user.
local head = openHead()
local user = ARGV[6]
local read = redis.call("HGET", READS, user)
local seen = tonumber(ARGV[7])
if read then
  local epoch, seq = string.match(read, "^(%w+):(%d+)$")
  if epoch then seen = math.max(seen, (judge(head, 0, epoch, tonumber(seq)))) end
  local marked = tonumber(redis.call("ZSCORE", MARKS, user) or "")
  -- A full Redis refuses this; the next read tries again.
  if marked and marked < ran - tonumber(ARGV[9]) then redis.pcall("ZADD", MARKS, whole(ran), user) end
end
local lowest = lowestMessage()
local stale = lowest == "-inf" and 0 or tonumber(string.sub(lowest, 2))
local from = math.max(seen, stale)
local unread = math.min(redis.call("ZCOUNT", MESSAGES, "(" .. whole(from), "+inf"), tonumber(ARGV[8]))

-- Also mentions in messages that are not kept, or no longer in the log, may be there.
local function countMentions()
  local oldest = tonumber(redis.call("ZRANGE", MESSAGES, 0, 0, "WITHSCORES")[2])
  local first = string.format("[%s %016.0f", user, math.max(from + 1, oldest))
  local last = string.format("[%s %016.0f", user, head.top)
  return math.min(redis.call("ZLEXCOUNT", MENTIONS, first, last), unread)
end

return { read or "", unread, unread > 0 and countMentions() or 0 }
