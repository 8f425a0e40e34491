-- Reads the newest messages before a number, or the oldest after one. ARGV 6 before or after   7 the number, or +inf
-- 8 maximum count   9 maximum total weight. Returns the top's epoch and number, the tag, 1 if there are more, the messages (those
-- next to the number first), and the number of damaged ones that were skipped.
local head = openHead()
local limit, maxWeight = tonumber(ARGV[8]), tonumber(ARGV[9])
local messages, weight, passed, more = {}, 0, 0, 0

-- Weight of a message without its content and reactions (core/log/reading/read_size.ts).
local OWN_WEIGHT = 200

-- Reads in few steps, and at each step not much more than can still be returned.
local function read(command, from, to)
  local offset, step = 0, 4
  while true do
    local members = redis.call(command, MESSAGES, from, to, "LIMIT", offset, step)
    for _, member in ipairs(members) do
      -- Reactions weigh their length here; most of it is user ids.
      local _, opening = string.find(member, "^%d+ %w+ %d+ [%w_]+ %d+ %d ?%d*\n[^\n]*\n")
      if opening then
        weight = weight + OWN_WEIGHT + #member - opening
        if #messages >= limit or (#messages > 0 and weight > maxWeight) then return 1 end
        messages[#messages + 1] = member
      else
        passed = passed + 1
      end
    end
    if #members < step then return 0 end
    offset = offset + step
    local average = math.max(OWN_WEIGHT, weight / math.max(1, #messages))
    step = math.max(1, math.min(32, math.floor((maxWeight - weight) / average) + 1, limit - #messages + 1))
  end
end

if limit > 0 and ARGV[6] == "before" then
  more = read("ZREVRANGEBYSCORE", ARGV[7] == "+inf" and ARGV[7] or "(" .. ARGV[7], lowestMessage())
elseif limit > 0 then
  local stale = tonumber(string.match(lowestMessage(), "^%((%d+)$"))
  more = read("ZRANGEBYSCORE", "(" .. whole(math.max(stale or 0, tonumber(ARGV[7]))), "+inf")
end
return { presentEpoch(head), whole(head.top), head.tag, more, messages, passed }
