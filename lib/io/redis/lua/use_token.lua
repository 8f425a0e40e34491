-- Records that a guest's session token was used. ARGV 1 the guest; 2 the number of the token; 3 the time, in milliseconds since
-- 1970; 4 guests who have not returned since then are forgotten; 5 maximum number of guests.
-- KEYS 1 serials   hash: the number of each guest's newest used token
-- KEYS 2 by_use    sorted set: the guests by when they used it
-- Returns 1, or 0 if a newer token of the guest was used before.
local user, serial = ARGV[1], tonumber(ARGV[2])
local newest = tonumber(redis.call("HGET", KEYS[1], user) or "")
if newest and newest > serial then return 0 end
redis.call("HSET", KEYS[1], user, ARGV[2])
redis.call("ZADD", KEYS[2], ARGV[3], user)
-- More than the one that was added, and few enough not to delay other commands.
local most = 100
local forgotten = redis.call("ZRANGEBYSCORE", KEYS[2], "-inf", "(" .. ARGV[4], "LIMIT", 0, most)
local tooMany = math.min(redis.call("ZCARD", KEYS[2]) - tonumber(ARGV[5]), most)
if tooMany > #forgotten then forgotten = redis.call("ZRANGE", KEYS[2], 0, tooMany - 1) end
if #forgotten > 0 then
  redis.call("HDEL", KEYS[1], unpack(forgotten))
  redis.call("ZREM", KEYS[2], unpack(forgotten))
end
return 1
