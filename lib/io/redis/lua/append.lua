-- Appends drafts of one room in order: deduplicates, numbers, stores and announces them, all or nothing.
--
-- KEYS 9… the receipt of each draft: "epoch number at fingerprint"
-- ARGV 6 durable (1 if this Redis never loses acknowledged writes)   7 maximum number of messages
--      8 of epochs ("eras" in the code)   9 of reactions to one message   10 of their kinds   11 of kinds by one user
--      12 lifetime of a receipt, in milliseconds   13 timestamps do not follow a clock that steps back by up to this
--      14 1 if the store is full   15 1 if no more rooms can be created   16 PUBLISH or SPUBLISH
--      17 the channel   18 maximum number of fields of the room's state   19 number up to which members and slow mode add some
--      20 1 if only members may use the room, whatever its state says
--      21… thirteen for each draft: user, fingerprint, kind, epoch and number of its message, 1 to add a reaction, 1 if the
--      state does not apply to the author, the kind of its event ("clear", "act" for others that quotas do not refuse,
--      "change" for the rest, or empty), the changes of the state, the users whom it mentions, about, opening, matter
-- Changes are lines: field, a space, and the new text, which is empty to remove the field.
-- A message is stored as lines: number epoch at user edited deleted ran / about (JSON: name, id, reply, event) / content / for
-- each emoji the users separated by commas, a space, the emoji (JSON). A content is the text (JSON) and, if there are mentions or
-- metadata, a tab and these: after {"text": and before } it is JSON. An entry's draft is opening .. matter .. "}}".
-- If a moderator has deleted it, the content is about that (JSON: user, name, reason), as in the argument of that deletion.
-- Returns the tag, 1 if the room had no entry before, the number of foreign rows that were removed, and the results.
--
-- Writes must not fail after the first one, since Redis does not roll back. Keys of a wrong type fail when they are read,
-- before any write. A Redis that is full, read-only or cannot save refuses the first write, and none after it. So the first one
-- must be one that a full Redis refuses, which DEL and PEXPIRE are not.
local DURABLE, MAX_MESSAGES, MAX_ERAS = ARGV[6] == "1", tonumber(ARGV[7]), tonumber(ARGV[8])
local MAX_REACTIONS, MAX_KINDS, MAX_OWN_KINDS = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local RECEIPTS_MS, MAX_SMOOTHED_MS = ARGV[12], tonumber(ARGV[13])
local IS_FULL, IS_CLOSED = ARGV[14] == "1", ARGV[15] == "1"
local PUBLISH, CHANNEL = ARGV[16], ARGV[17]
local MAX_FIELDS, MAX_UNRESERVED = tonumber(ARGV[18]), tonumber(ARGV[19])
local IS_FOR_MEMBERS = ARGV[20] == "1"
local FIRST_KEY, FIRST_ARGUMENT, WIDTH = 9, 21, 13

local head = openHead(true)
local wasEmpty, wasRan = head.top == 0, head.ran
local messages = redis.call("ZCARD", MESSAGES)
-- The number of fields of the room's state. Most rooms have none, and then nothing else is read of it.
local fields = redis.call("HLEN", STATE)
local receipts = redis.call("MGET", unpack(KEYS, FIRST_KEY))
local announced, answers, strange, hasMentions = {}, {}, 0, false

-- Receipts expire by the clock of Redis. If that clock was set forward, they may have expired early: search the log instead
-- for the rest of their lifetime.
if not wasEmpty and (now - head.at) - (ran - wasRan) > MAX_CLOCK_STEP_MS then
  head.doubt = ran + tonumber(RECEIPTS_MS)
  redis.call("HSET", HEAD, "doubt", whole(head.doubt))
end

local by = DURABLE and head.server or server()
if by ~= head.server then
  head.server = by
  head.eras[#head.eras + 1] = { epoch = UNUSED, after = head.top }
  if #head.eras > MAX_ERAS then table.remove(head.eras, 1) end
  setHead(head)
end

local function message(parts, rest)
  return table.concat(parts, " ", 1, 7) .. "\n" .. parts.about .. "\n" .. parts.content .. rest
end

-- The reactions with one added or removed; nil if there would be too many.
local function react(before, user, emoji, isOn)
  local lines, same, count, ownKinds = {}, {}, 0, 0
  for line in string.gmatch(before, "\n([^\n]+)") do
    local users, what = string.match(line, "^(%S+) (.*)$")
    local isSame = what == emoji
    for other in string.gmatch(users or "", "[^,]+") do
      if other == user and not isSame then ownKinds = ownKinds + 1 end
      if other ~= user or not isSame then
        count = count + 1
        if isSame then same[#same + 1] = other end
      end
    end
    if users and not isSame then lines[#lines + 1] = "\n" .. line end
  end
  if isOn then
    same[#same + 1] = user
    if count + 1 > MAX_REACTIONS or #lines + 1 > MAX_KINDS or ownKinds + 1 > MAX_OWN_KINDS then return nil end
  end
  if #same > 0 then lines[#lines + 1] = "\n" .. table.concat(same, ",") .. " " .. emoji end
  return table.concat(lines)
end

-- The draft's message before and after the change; or nil and the reason for a rejection.
local function amend(draft, at)
  local found, before = messageAt(draft.seq)
  if not found or found.epoch ~= draft.epoch or found.deleted then return nil, "gone" end
  local edited, deleted, content, reactions = found.edited, "0", found.content, found.reactions
  if draft.kind == "reacted" then
    reactions = react(reactions, draft.user, draft.matter, draft.isOn)
    if not reactions then return nil, "too_many_reactions" end
  elseif string.find(found.about, '"event":{', 1, true) and
    not (draft.kind == "deleted" and string.find(found.about, '"event":{"kind":"held"', 1, true)) then
    -- Names and ids cannot contain this, since quotes are escaped there.
    return nil, "not_yours"
  elseif found.user ~= draft.user and (draft.kind ~= "deleted" or draft.about == "") then
    return nil, "not_yours"
  elseif draft.kind == "deleted" then
    content, deleted, reactions = found.user == draft.user and '""' or draft.about, "1", ""
  else
    -- The new text, and the mentions and metadata of before.
    content, edited = draft.matter .. (string.match(content, "\t.*$") or ""), whole(at)
  end
  local parts = { found.seq, found.epoch, found.at, found.user, edited, deleted, whole(found.ran) }
  parts.about, parts.content = found.about, content
  return { before = before, after = message(parts, reactions) }
end

-- Called before messages are looked up, not after each draft.
local function dropSurplus()
  if messages > MAX_MESSAGES then redis.call("ZREMRANGEBYRANK", MESSAGES, 0, messages - MAX_MESSAGES - 1) end
  messages = math.min(messages, MAX_MESSAGES)
end

-- Deletes expired rows, once a minute and after the first draft of a batch. Reads skip expired rows in any case.
local function dropOld()
  if AGE_MS == math.huge or #announced ~= 1 or math.floor(ran / 60000) == math.floor(wasRan / 60000) then return end
  local oldest = redis.call("XRANGE", LOG, "-", "+", "COUNT", 1)[1]
  if oldest and ranOfRow(oldest) < since then redis.call("XTRIM", LOG, "MINID", whole(floorOf(head) + 1)) end
  local stale = staleMessages(messages)
  if stale > 0 then redis.call("ZREMRANGEBYRANK", MESSAGES, 0, stale - 1) end
  messages = messages - stale
end

-- Removes rows of other programs above the newest one of ours: XADD could not add rows below them.
local function dropStrange()
  repeat
    local rows = redis.call("XRANGE", LOG, "(" .. whole(head.top) .. "-0", "+", "COUNT", 100)
    for _, row in ipairs(rows) do redis.call("XDEL", LOG, row[1]) end
    strange = strange + #rows
  until #rows == 0
  redis.call("XSETID", LOG, whole(head.top) .. "-0")
end

local ranText = whole(ran)

local function addEntry(id, entry, about)
  local reply = redis.pcall("XADD", LOG, "MAXLEN", "~", MAX_ENTRIES, id, "entry", entry, "ran", ranText, "about", about)
  if type(reply) ~= "table" or not reply.err then return end
  local isBelow = string.find(reply.err, "equal or smaller", 1, true) or string.find(reply.err, "exhausted", 1, true)
  if isBelow then dropStrange() end
  redis.call("XADD", LOG, "MAXLEN", "~", MAX_ENTRIES, id, "entry", entry, "ran", ranText, "about", about)
end

local function stamp()
  if now < head.at and head.at - now <= MAX_SMOOTHED_MS then return head.at end
  return now
end

-- The fields that decide about a user's drafts.
local function stateFor(user)
  if fields == 0 then return {} end
  local access, member, ban, mute, archived, readOnly, creator, slow, sent = unpack(redis.call("HMGET", STATE, "access",
    "member:" .. user, "ban:" .. user, "mute:" .. user, "archived", "readOnly", "creator", "slow", "sent:" .. user))
  return {
    access = access, member = member, ban = ban, mute = mute, archived = archived, isReadOnly = readOnly and creator ~= user,
    slow = slow, sent = sent,
  }
end

local function createsRoom(changes)
  -- A deletion removes the creator.
  return string.find("\n" .. changes, "\ncreator [^\n]")
end

-- Why the state refuses a draft: implements core/log/posting_rules.ts.
local function stateRefusal(draft, state, at)
  local kind = draft.kind
  if kind == "deleted" or kind == "renamed" then return nil end
  -- The state is lost, and the author's worker does not know that yet: moderators would bring the room back.
  local isLost = not state.access and IS_FOR_MEMBERS and not createsRoom(draft.changes)
  if isLost then return { "rejected", "not_allowed" } end
  if draft.isExempt then return nil end
  local isForMembers = state.access == "private" or state.access == "direct"
  if isForMembers and not state.member or endOf(state.ban) > at then return { "rejected", "not_allowed" } end
  local mutedMs = endOf(state.mute) - at
  if mutedMs > 0 then return { "rejected", "muted", whole(mutedMs) } end
  if state.archived then return { "rejected", "read_only" } end
  if kind == "reacted" then return nil end
  if state.isReadOnly then return { "rejected", "read_only" } end
  local last = parseNumber(state.sent)
  local waitMs = last and last + 1000 * (parseNumber(state.slow) or 0) - at or 0
  if kind == "said" and waitMs > 0 and last <= at then return { "rejected", "slow_mode", whole(waitMs) } end
end

-- The fields that a pattern stands for, or the field: implements fieldsLike of core/log/sanction_fields.ts.
local function fieldsLike(pattern)
  local from, to = string.match(pattern, "^(.-)%*(.*)$")
  if not from then return { pattern } end
  local names = {}
  for _, name in ipairs(fields > 0 and redis.call("HKEYS", STATE) or {}) do
    local between = string.sub(name, #from + 1, #name - #to)
    local isLike = #name >= #from + #to and string.sub(name, 1, #from) == from and string.sub(name, #name - #to + 1) == to
    if isLike and not string.find(between, "[@/]") then names[#names + 1] = name end
  end
  return names
end

-- Why an event is refused, regardless of its author.
local function eventRefusal(changes, state)
  -- A private room whose state is lost does not exist, whatever has entered its log since.
  local exists = IS_FOR_MEMBERS and state.access or not IS_FOR_MEMBERS and head.top > 0
  if exists and createsRoom(changes) then return { "rejected", "room_exists" } end
  local added = 0
  for field, text in string.gmatch(changes, "([^ \n]+) ([^\n]*)\n") do
    for _, name in ipairs(fieldsLike(field)) do
      if text ~= "" then added = added + 1 end
      added = added - redis.call("HEXISTS", STATE, name)
    end
  end
  local limit = string.find(changes, "^member:") and MAX_UNRESERVED or MAX_FIELDS
  if added > 0 and fields + added > limit then return { "rejected", "room_full" } end
end

local function changeState(draft, isSlow, seq, at)
  if draft.event == "" then
    -- Where there are too many fields, slow mode does not count for more users.
    if isSlow and fields < MAX_UNRESERVED then fields = fields + redis.call("HSET", STATE, "sent:" .. draft.user, at) end
    return
  end
  for field, text in string.gmatch(draft.changes, "([^ \n]+) ([^\n]*)\n") do
    if text == "" then
      for _, name in ipairs(fieldsLike(field)) do fields = fields - redis.call("HDEL", STATE, name) end
    else
      -- Messages may have been sent since the user who adds a member read the log.
      if string.sub(field, 1, 7) == "member:" then text = string.gsub(text, '"from":%d+}$', '"from":' .. whole(head.top) .. "}") end
      fields = fields + redis.call("HSET", STATE, field, text)
    end
  end
  if draft.event == "clear" then
    messages = messages - redis.call("ZREMRANGEBYSCORE", MESSAGES, "-inf", "(" .. seq)
    redis.call("DEL", MENTIONS, MENTIONED)
  end
end

local function enter(draft)
  local isAboveQuotas = draft.event == "clear" or draft.event == "act"
  if IS_CLOSED and head.top == 0 and not isAboveQuotas then return { "rejected", "rooms_full" } end
  if IS_FULL and draft.kind ~= "deleted" and not isAboveQuotas then return { "rejected", "store_full" } end
  local at, state = stamp(), stateFor(draft.user)
  local refusal = stateRefusal(draft, state, at) or eventRefusal(draft.changes, state)
  if refusal then return refusal end
  local amended, why
  if draft.kind == "edited" or draft.kind == "deleted" or draft.kind == "reacted" then
    dropSurplus()
    amended, why = amend(draft, at)
    if not amended then return { "rejected", why } end
  end
  local epoch, seq, atText = presentEpoch(head), whole(head.top + 1), whole(at)
  local isSaid = draft.kind == "said"
  -- The content is stored once, with the message, so that deleting or replacing it there removes it everywhere.
  local isText = isSaid or draft.kind == "edited"
  local kept = draft.opening .. (isText and '""' or draft.matter) .. "}}"
  addEntry(seq .. "-0", epoch .. " " .. atText .. " " .. kept, isSaid and seq or isText and draft.seq or "0")
  if amended and amended.before ~= amended.after then
    redis.call("ZADD", MESSAGES, draft.seq, amended.after)
    redis.call("ZREM", MESSAGES, amended.before)
    if draft.kind == "deleted" then dropMentions(draft.seq, draft.seq) end
  elseif isSaid then
    local parts = { seq, epoch, atText, draft.user, "0", "0", ranText, about = draft.about, content = draft.matter }
    redis.call("ZADD", MESSAGES, seq, message(parts, ""))
    messages = messages + 1
    for mentioned in string.gmatch(draft.mentions, "%S+") do
      local member = string.format("%s %016.0f", mentioned, head.top + 1)
      redis.call("ZADD", MENTIONS, 0, member)
      redis.call("ZADD", MENTIONED, seq, member)
    end
    hasMentions = hasMentions or draft.mentions ~= ""
    changeState(draft, state.slow, seq, atText)
  end
  head.top, head.at, head.ran = head.top + 1, at, ran
  announced[#announced + 1] = string.format('{"epoch":"%s","seq":%s,"at":%s,"draft":', epoch, seq, atText) ..
    draft.opening .. draft.matter .. "}}}"
  dropOld()
  return { "entered", epoch, seq, atText }
end

-- Maximum number of entries searched for a draft whose receipt may have expired early.
local MAX_LOOKED_AT = 500

-- Finds an earlier entry by its author and id. Names and texts cannot contain these patterns, since quotes are escaped there,
-- and events cannot contain the space before the author.
local function inLog(user, opening)
  local from = string.find(opening, ',"id":"', 1, true)
  local _, to = string.find(opening, ',"deed":{"kind":"%l+"', from)
  local author, id = ' {"user":"' .. user .. '",', string.sub(opening, from, to)
  for _, row in ipairs(redis.call("XREVRANGE", LOG, "+", "-", "COUNT", MAX_LOOKED_AT)) do
    local entry = fieldsOf(row).entry or ""
    if string.find(entry, id, 1, true) and string.find(entry, author, 1, true) then
      local epoch, at = string.match(entry, "^(%w+) (%d+) ")
      local seq = string.match(row[1], "^(%d+)%-0$")
      if epoch and seq then return { "entered", epoch, seq, at } end
    end
  end
end

-- Two drafts of one batch may have the same id.
local known = {}

local function answer(index)
  local key, first = KEYS[FIRST_KEY + index - 1], FIRST_ARGUMENT + (index - 1) * WIDTH
  local user, fingerprint, kind, epoch, seq, on, exempt, event, changes, mentions, about, opening, matter =
    unpack(ARGV, first, first + WIDTH - 1)
  local receipt = known[key] or receipts[index]
  local epochThen, seqThen, atThen, fingerprintThen = string.match(receipt or "", "^(%w+) (%d+) (%d+) (%S+)$")
  if epochThen then
    if fingerprintThen ~= fingerprint then return { "rejected", "id_reused" } end
    return { "entered", epochThen, seqThen, atThen }
  end
  local before = head.doubt and ran < head.doubt and inLog(user, opening)
  if before then return before end
  local result = enter({
    user = user, kind = kind, epoch = epoch, seq = seq, isOn = on == "1", isExempt = exempt == "1", event = event,
    changes = changes, mentions = mentions, about = about, opening = opening, matter = matter,
  })
  if result[1] == "entered" then
    known[key] = table.concat(result, " ", 2) .. " " .. fingerprint
    redis.call("SET", key, known[key], "PX", RECEIPTS_MS)
  end
  return result
end

for index = 1, #KEYS - FIRST_KEY + 1 do answers[index] = answer(index) end
if #announced > 0 then
  dropSurplus()
  if hasMentions then dropOldMentions() end
  setHead(head)
  -- From now on, RedisSweeper removes the room. Empty rooms and rooms of earlier versions have an expiry.
  if wasEmpty or wasRan == 0 then
    for _, key in ipairs({ HEAD, LOG, MESSAGES, READS }) do redis.call("PERSIST", key) end
  end
  -- If publishing is not allowed, the entries are stored all the same and subscribers find them by the tops; the probe
  -- reports the error.
  redis.pcall(PUBLISH, CHANNEL, '{"tag":"' .. head.tag .. '","entries":[' .. table.concat(announced, ",") .. "]}")
end
keepEmptyHead(head)
return { head.tag, wasEmpty and #announced > 0 and 1 or 0, strange, answers }
