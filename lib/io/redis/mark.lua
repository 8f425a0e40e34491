-- Somebody has read so far: isReadFurther of core/room_log.ts. ARGV 4 the user   5 the epoch   6 the number.
local head = openHead()
local user, epoch, seq = ARGV[4], ARGV[5], tonumber(ARGV[6])
local after, gap = judge(head, 0, epoch, seq)
local before = redis.call("HGET", READS, user)
local isFurther = gap == ""
if isFurther and before then
  local epochBefore, seqBefore = string.match(before, "^(%w+):(%d+)$")
  isFurther = after > judge(head, 0, epochBefore, tonumber(seqBefore))
end
if isFurther then
  redis.call("HSET", READS, user, epoch .. ":" .. whole(seq))
  expire(READS, AGE_MS + SLACK_MS)
end
