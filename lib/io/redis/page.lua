-- The newest messages before a number. ARGV 4 the number, or +inf   5 at most so many.
-- Brings: the top's epoch and number, the messages, the newest first.
local head = openHead()
keepHead()
local highest = ARGV[4] == "+inf" and ARGV[4] or "(" .. ARGV[4]
local messages = redis.call("ZREVRANGEBYSCORE", MESSAGES, highest, lowestMessage(), "LIMIT", 0, ARGV[5])
return { presentEpoch(head), whole(head.top), messages }
