-- How far somebody has read. ARGV 4 the user. Brings: the position, or nothing, and how many messages came after it.
local head = openHead()
local read = redis.call("HGET", READS, ARGV[4])
local seen = 0
if read then
  local epoch, seq = string.match(read, "^(%w+):(%d+)$")
  seen = judge(head, 0, epoch, tonumber(seq))
end
local lowest = lowestMessage()
local stale = lowest == "-inf" and 0 or tonumber(string.sub(lowest, 2))
return { read or "", redis.call("ZCOUNT", MESSAGES, "(" .. whole(math.max(seen, stale)), "+inf") }
