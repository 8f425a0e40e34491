-- Enters drafts of one room in their order: deduplicates, numbers, keeps and announces, all or nothing.
--
-- KEYS 5… where the receipt of each draft is kept: "epoch number at fingerprint"
-- ARGV 4 durable (1 where this Redis never loses what it has acknowledged)   5 so many messages are kept
--      6 so many eras   7 so many reactions to one message   8 how long a receipt is kept, in milliseconds
--      9 PUBLISH or SPUBLISH   10 the channel   11… nine for each draft: user, fingerprint, kind, epoch and number of what
--      it is about, 1 to put a reaction there, about, opening, matter
-- A message is lines: number epoch at user edited deleted / about (JSON: name, id, reply) / text (JSON) / for each emoji
-- the users with commas between, a blank, the emoji (JSON). An entry's draft is opening .. matter .. "}}".
--
-- Nothing can fail after the first write, so nothing is ever half done: what has the wrong type is found by reading it
-- before, and a Redis that is full, read-only or cannot save refuses the first write and none that follow.
local DURABLE, MAX_MESSAGES = ARGV[4] == "1", tonumber(ARGV[5])
local MAX_ERAS, MAX_REACTIONS, RECEIPTS_MS = tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
local PUBLISH, CHANNEL = ARGV[9], ARGV[10]
local FIRST_KEY, FIRST_ARGUMENT, WIDTH = 5, 11, 9

local head = openHead()
local entries, messages = redis.call("XLEN", LOG), redis.call("ZCARD", MESSAGES)
local receipts = redis.call("MGET", unpack(KEYS, FIRST_KEY))
local announced, answers = {}, {}

-- When all this goes by itself is put off twice in the time that there is to spare, and for what is only now begun.
local function period(ms)
  return math.floor(2 * ms / SLACK_MS)
end
local isDue = entries == 0 or messages == 0 or period(now) ~= period(head.at)

local by = DURABLE and head.server or server()
if by ~= head.server then
  head.server = by
  head.eras[#head.eras + 1] = { epoch = UNUSED, after = head.top }
  if #head.eras > MAX_ERAS then table.remove(head.eras, 1) end
  setHead(head)
end

local function message(parts, rest)
  return table.concat(parts, " ", 1, 6) .. "\n" .. parts.about .. "\n" .. parts.text .. rest
end

-- The reactions after one more, or one fewer; nothing where they are too many.
local function react(before, user, emoji, isOn)
  local lines, own, count = {}, {}, 0
  for line in string.gmatch(before, "\n([^\n]+)") do
    local users, what = string.match(line, "^(%S+) (.*)$")
    local isOwn = what == emoji
    for other in string.gmatch(users, "[^,]+") do
      if not isOwn or other ~= user then
        count = count + 1
        if isOwn then own[#own + 1] = other end
      end
    end
    if not isOwn then lines[#lines + 1] = "\n" .. line end
  end
  if isOn then own[#own + 1] = user end
  if isOn then count = count + 1 end
  if count > MAX_REACTIONS then return nil end
  if #own > 0 then lines[#lines + 1] = "\n" .. table.concat(own, ",") .. " " .. emoji end
  return table.concat(lines)
end

-- How the message stands that a draft is about, and how it will; or why that cannot be done.
local function amend(draft, at)
  local before = redis.call("ZRANGEBYSCORE", MESSAGES, draft.seq, draft.seq)[1]
  if not before then return nil, "gone" end
  local seq, epoch, said, user, edited, deleted, about, text, reactions =
    string.match(before, "^(%d+) (%w+) (%d+) ([%w_]+) (%d+) (%d)\n([^\n]*)\n([^\n]*)(.*)$")
  -- What is too old is kept no more, though nothing may have come since that would have trimmed it.
  local isKept = tonumber(said) >= since
  if epoch ~= draft.epoch or deleted == "1" or not isKept then return nil, "gone" end
  if draft.kind == "reacted" then
    reactions = react(reactions, draft.user, draft.matter, draft.isOn)
    if not reactions then return nil, "too_many_reactions" end
  elseif user ~= draft.user then
    return nil, "not_yours"
  elseif draft.kind == "deleted" then
    text, deleted, reactions = '""', "1", ""
  else
    text, edited = draft.matter, whole(at)
  end
  local after = message({ seq, epoch, said, user, edited, deleted, about = about, text = text }, reactions)
  return { before = before, after = after }
end

-- Not after each draft, but before anything asks which messages there are.
local function dropSurplus()
  if messages > MAX_MESSAGES then redis.call("ZREMRANGEBYRANK", MESSAGES, 0, messages - MAX_MESSAGES - 1) end
  messages = math.min(messages, MAX_MESSAGES)
end

-- What is too old goes when the first of several drafts is in: what comes in after it is new.
local function dropOld()
  if AGE_MS == math.huge or #announced ~= 1 then return end
  local floor, stale = floorOf(head, entries), staleMessages(messages)
  if floor > head.top - math.min(entries, MAX_ENTRIES) then redis.call("XTRIM", LOG, "MINID", whole(floor + 1)) end
  if stale > 0 then redis.call("ZREMRANGEBYRANK", MESSAGES, 0, stale - 1) end
  messages = messages - stale
end

local function enter(draft)
  local at = math.max(now, head.at)
  local amended, why
  if draft.kind == "edited" or draft.kind == "deleted" or draft.kind == "reacted" then
    dropSurplus()
    amended, why = amend(draft, at)
    if not amended then return { "rejected", why } end
  end
  local epoch, seq, atText = presentEpoch(head), whole(head.top + 1), whole(at)
  local json = draft.opening .. draft.matter .. "}}"
  redis.call("XADD", LOG, "MAXLEN", "~", MAX_ENTRIES, seq .. "-0", "entry", epoch .. " " .. atText .. " " .. json)
  if amended and amended.before ~= amended.after then
    -- In this order: a set that is empty for a moment would forget when it is to go.
    redis.call("ZADD", MESSAGES, draft.seq, amended.after)
    redis.call("ZREM", MESSAGES, amended.before)
  elseif draft.kind == "said" then
    local parts = { seq, epoch, atText, draft.user, "0", "0", about = draft.about, text = draft.matter }
    redis.call("ZADD", MESSAGES, seq, message(parts, ""))
    messages = messages + 1
  end
  head.top, head.at, entries = head.top + 1, at, entries + 1
  announced[#announced + 1] = string.format('{"epoch":"%s","seq":%s,"at":%s,"draft":', epoch, seq, atText) .. json .. "}"
  dropOld()
  return { "entered", epoch, seq, atText }
end

-- Two drafts of one batch may have one id.
local known = {}

local function answer(index)
  local key, first = KEYS[FIRST_KEY + index - 1], FIRST_ARGUMENT + (index - 1) * WIDTH
  local user, mark, kind, epoch, seq, on, about, opening, matter = unpack(ARGV, first, first + WIDTH - 1)
  local receipt = known[key] or receipts[index]
  if receipt then
    local epochThen, seqThen, atThen, markThen = string.match(receipt, "^(%w+) (%d+) (%d+) (%S+)$")
    if markThen ~= mark then return { "rejected", "id_reused" } end
    return { "entered", epochThen, seqThen, atThen }
  end
  local result = enter({
    user = user, kind = kind, epoch = epoch, seq = seq, isOn = on == "1", about = about, opening = opening, matter = matter,
  })
  if result[1] == "entered" then
    known[key] = table.concat(result, " ", 2) .. " " .. mark
    redis.call("SET", key, known[key], "PX", RECEIPTS_MS)
  end
  return result
end

for index = 1, #KEYS - FIRST_KEY + 1 do answers[index] = answer(index) end
if #announced > 0 then
  dropSurplus()
  setHead(head)
  if isDue then
    keepHead()
    expire(LOG, AGE_MS + SLACK_MS)
    expire(MESSAGES, AGE_MS + SLACK_MS)
  end
  -- Where this is not allowed, all is in nevertheless, and who follows finds it by the tops; the probe finds what is wrong.
  redis.pcall(PUBLISH, CHANNEL, '{"entries":[' .. table.concat(announced, ",") .. "]}")
end
return answers
