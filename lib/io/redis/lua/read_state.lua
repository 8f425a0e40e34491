-- Reads a user's read marker. ARGV 6 the user   7 maximum count. Returns the position, or "" if there is none, and the number
-- of messages after it.
local head = openHead()
local read = redis.call("HGET", READS, ARGV[6])
local seen = 0
if read then
  local epoch, seq = string.match(read, "^(%w+):(%d+)$")
  seen = epoch and judge(head, 0, epoch, tonumber(seq)) or 0
end
local lowest = lowestMessage()
local stale = lowest == "-inf" and 0 or tonumber(string.sub(lowest, 2))
local unread = redis.call("ZCOUNT", MESSAGES, "(" .. whole(math.max(seen, stale)), "+inf")
return { read or "", math.min(unread, tonumber(ARGV[7])) }
