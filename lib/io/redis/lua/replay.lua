-- Reads the entries after a position, with the current contents of their messages. ARGV 6 its epoch   7 its number   8 maximum
-- number of entries   9 maximum total weight.
-- Returns the epochs ("epoch:after epoch:after"), the top's number, the tag, why entries are lost or "", the number after which the entries begin, 1 if
-- there are more, and for each entry: its number, its row in the log, "-" if its message is deleted or expired or else when
-- it was edited, and the message's content.
local head = openHead()
local after, gap = judge(head, floorOf(head), ARGV[6], tonumber(ARGV[7]))
local limit, maxWeight = tonumber(ARGV[8]), tonumber(ARGV[9])
local rows, weight, more = {}, 0, 0

-- Weight of an entry without its content (core/log/reading/read_size.ts).
local OWN_WEIGHT = 200
local MAX_ENTRY_BYTES = 65536

-- The number of the message that has an entry's content; 0 if it has none.
local function aboutOf(seq, fields)
  local about = tonumber(fields.about)
  if about then return about end
  -- Names and texts cannot contain these patterns, since quotes are escaped there.
  local entry = fields.entry or ""
  if string.find(entry, '"deed":{"kind":"said"', 1, true) then return seq end
  return tonumber(string.match(entry, '"deed":{"kind":"edited","of":{"epoch":"%w+","seq":(%d+)}')) or 0
end

-- The messages that these rows created, by number.
local function messagesOf(rows)
  local members = {}
  if #rows == 0 then return members end
  local first, last = string.match(rows[1][1], "^%d+"), string.match(rows[#rows][1], "^%d+")
  for _, member in ipairs(redis.call("ZRANGEBYSCORE", MESSAGES, first, last, "LIMIT", 0, #rows)) do
    members[tonumber(string.match(member, "^%d+")) or 0] = member
  end
  return members
end

local function stateOf(about, members)
  if about == 0 then return "", "" end
  local member = members[about] or redis.call("ZRANGEBYSCORE", MESSAGES, about, about, "LIMIT", 0, 1)[1]
  local edited, deleted, age, content =
    string.match(member or "", "^%d+ %w+ %d+ [%w_]+ (%d+) (%d) ?(%d*)\n[^\n]*\n([^\n]*)")
  if not edited or deleted == "1" or (tonumber(age) or 0) < since then return "-", "" end
  return edited, content
end

local function read()
  local from, step = whole(after + 1), 4
  while true do
    local found = redis.call("XRANGE", LOG, from, whole(head.top), "COUNT", step)
    local members = messagesOf(found)
    for _, row in ipairs(found) do
      from = "(" .. row[1]
      -- Rows with other ids are not ours.
      local seq = tonumber(string.match(row[1], "^(%d+)%-0$"))
      if seq then
        local fields = fieldsOf(row)
        local mark, content = stateOf(aboutOf(seq, fields), members)
        local entry = fields.entry or ""
        -- Entries are stored without content, so a long one is not ours.
        if #entry > MAX_ENTRY_BYTES then entry = "" end
        weight = weight + OWN_WEIGHT + #content
        if #rows >= limit or (#rows > 0 and weight > maxWeight) then return 1 end
        rows[#rows + 1] = { whole(seq), entry, mark, content }
      end
    end
    if #found < step then return 0 end
    local average = math.max(OWN_WEIGHT, weight / math.max(1, #rows))
    step = math.max(1, math.min(32, math.floor((maxWeight - weight) / average) + 1, limit - #rows + 1))
  end
end

if limit > 0 then more = read() end
return { joinEras(head), whole(head.top), head.tag, gap, whole(after), more, rows }
