-- Reads the state of a room. Returns the top's epoch and number, the tag, and the fields, each followed by its text.
local head = openHead()
return { presentEpoch(head), whole(head.top), head.tag, redis.call("HGETALL", STATE) }
