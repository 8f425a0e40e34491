-- State shared by all instances. ARGV 1 the service's run time as known to the caller, in milliseconds.
-- KEYS 1 state   hash: ran (the largest such value), rooms (the number of rooms with entries)
-- Returns the run time, the number of rooms or "" if they were not counted, and the time of day in microseconds.
local fields = redis.pcall("HMGET", KEYS[1], "ran", "rooms")
-- The key has another type: delete it, and continue with the callers' values.
if fields.err then redis.pcall("DEL", KEYS[1]) end
local kept, rooms = fields[1], fields[2]
kept = kept and #kept <= 15 and string.match(kept, "^%d+$") and tonumber(kept) or 0
local ran = string.format("%.0f", math.max(kept, tonumber(ARGV[1])))
-- A full Redis refuses this; the next call tries again.
redis.pcall("HSET", KEYS[1], "ran", ran)
local time = redis.call("TIME")
return { ran, rooms and string.match(rooms, "^%d+$") or "", time[1] .. string.format("%06d", time[2]) }
