-- Sets a user's read marker: implements advancesReadMarker of core/log/reading/read_markers.ts. ARGV 6 the user   7 the epoch   8 the number
-- 9 maximum number of markers; the oldest ones are dropped. Returns 1 if the marker was advanced, else 0.
local head = openHead()
local user, epoch, seq = ARGV[6], ARGV[7], tonumber(ARGV[8])
local after, gap = judge(head, 0, epoch, seq)
local before = redis.call("HGET", READS, user)
local isFurther = head.top > 0 and gap == ""
if isFurther and before then
  local epochBefore, seqBefore = string.match(before, "^(%w+):(%d+)$")
  isFurther = not epochBefore or after > judge(head, 0, epochBefore, tonumber(seqBefore))
end
if isFurther then
  redis.call("HSET", READS, user, epoch .. ":" .. whole(seq))
  redis.call("ZADD", MARKS, whole(ran), user)
  local surplus = redis.call("ZCARD", MARKS) - tonumber(ARGV[9])
  if surplus > 0 then
    for index, forgotten in ipairs(redis.call("ZPOPMIN", MARKS, surplus)) do
      if index % 2 == 1 then redis.call("HDEL", READS, forgotten) end
    end
  end
end
return isFurther and 1 or 0
