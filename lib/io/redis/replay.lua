-- What came after a position. ARGV 4 its epoch   5 its number   6 at most so many.
-- Brings: the top's epoch and number, what is wrong with the position or nothing, the entries.
local head = openHead()
keepHead()
local after, gap = judge(head, floorOf(head, redis.call("XLEN", LOG)), ARGV[4], tonumber(ARGV[5]))
local limit = tonumber(ARGV[6])
local entries = {}
if limit > 0 then entries = redis.call("XRANGE", LOG, whole(after + 1), "+", "COUNT", limit) end
return { presentEpoch(head), whole(head.top), gap, entries }
