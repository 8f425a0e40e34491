-- Presence of one room: implements LeaseTable of core/presence/lease_table.ts, with this Redis's clock.
--
-- KEYS, three for each room: one room, or many for renew and count
--      1 people  hash: user to lines: since and the role, if any; name; the name's keys (separated by tabs); and each node
--      2 names   hash: each key of a name to the user who has the name
--      3 nodes   hash: node to "until +", or "until -" if the node has withdrawn
-- Damaged records are ignored and removed, so that they do not keep a user out of a room.
-- ARGV 1 claim, release, refresh, renew, count or withdraw   2 duration of a lease, in milliseconds   3 the node, if any
--      4 the user; for withdraw how long to keep users who are on no other node, in milliseconds; for renew the known
--      version of the first room, followed by those of the others   5 the name
--      6 its keys, separated by tabs   7 1 to rename   8 the role, or empty
local PEOPLE, NAMES, NODES = KEYS[1], KEYS[2], KEYS[3]
local VERB, LEASE_MS, NODE, USER, NAME, NAME_KEYS, RENAMES, ROLE = unpack(ARGV)
LEASE_MS = tonumber(LEASE_MS)

local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function whole(number)
  return string.format("%.0f", number)
end

-- Nil if the record is damaged.
local function person(record)
  local since, role, name, keys, nodes = string.match(record, "^(%d+)( ?%l*)\n([^\n]*)\n([^\n]*)(.*)$")
  return since and { since = since, role = role, name = name, keys = keys, nodes = nodes }
end

local function put(user, one)
  redis.call("HSET", PEOPLE, user, table.concat({ one.since .. one.role, one.name, one.keys }, "\n") .. one.nodes)
end

local function freeNames(keys)
  for key in string.gmatch(keys, "[^\t]+") do redis.call("HDEL", NAMES, key) end
end

-- Each node is on its own line.
local function withoutNode(nodes, node)
  local kept = {}
  for other in string.gmatch(nodes, "\n([^\n]+)") do
    if other ~= node then kept[#kept + 1] = "\n" .. other end
  end
  return table.concat(kept)
end

local function release(user, record, node)
  local one = person(record)
  if not one then return redis.call("HDEL", PEOPLE, user) end
  local nodes = withoutNode(one.nodes, node)
  if nodes == one.nodes then return end
  one.nodes = nodes
  if nodes ~= "" then return put(user, one) end
  redis.call("HDEL", PEOPLE, user)
  freeNames(one.keys)
end

local function dropNode(node)
  redis.call("HDEL", NODES, node)
  local people = redis.call("HGETALL", PEOPLE)
  for index = 1, #people, 2 do release(people[index], people[index + 1], node) end
end

local function hasWithdrawn(node)
  local lease = redis.call("HGET", NODES, node)
  return lease and string.sub(lease, -2) == " -"
end

local function dropExpired()
  local nodes = redis.call("HGETALL", NODES)
  for index = 1, #nodes, 2 do
    local ends, rest = string.match(nodes[index + 1], "^(%d+)( .*)$")
    if not ends or tonumber(ends) <= now then
      dropNode(nodes[index])
    elseif tonumber(ends) > now + LEASE_MS then
      -- The clock was set back: without this, the lease would outlive its node.
      redis.call("HSET", NODES, nodes[index], whole(now + LEASE_MS) .. rest)
    end
  end
end

-- Whether another user in the room has the name.
local function isTaken(key)
  local bearer = redis.call("HGET", NAMES, key)
  return bearer and bearer ~= USER and redis.call("HEXISTS", PEOPLE, bearer) == 1
end

local function keep()
  redis.call("HSET", NODES, NODE, whole(now + LEASE_MS) .. " +")
  -- The keys expire with the last lease, so nothing is left of an empty room.
  for _, key in ipairs({ PEOPLE, NAMES, NODES }) do redis.call("PEXPIRE", key, LEASE_MS) end
end

-- A user's active nodes, and the withdrawn ones that are taken over.
local function split(nodes)
  local kept, takenOver = {}, {}
  for other in string.gmatch(nodes, "\n([^\n]+)") do
    if other ~= NODE and hasWithdrawn(other) then
      takenOver[#takenOver + 1] = other
    else
      kept[#kept + 1] = "\n" .. other
    end
  end
  return table.concat(kept), takenOver
end

local function claim()
  local record = redis.call("HGET", PEOPLE, USER)
  local before = record and person(record)
  local nameBefore = before and before.name
  local one = before or { since = whole(time[1] * 1000000 + time[2]), nodes = "" }
  if not before or RENAMES == "1" then
    for key in string.gmatch(NAME_KEYS, "[^\t]+") do
      if isTaken(key) then return { "taken" } end
    end
    if before then freeNames(before.keys) end
    one.name, one.keys = NAME, NAME_KEYS
  end
  one.role = ROLE == "" and "" or " " .. ROLE
  local nodes, takenOver = split(one.nodes)
  one.nodes = withoutNode(nodes, NODE) .. "\n" .. NODE
  for key in string.gmatch(one.keys, "[^\t]+") do redis.call("HSET", NAMES, key, USER) end
  put(USER, one)
  if not hasWithdrawn(NODE) then keep() end
  return { "granted", one.name, one.name ~= nameBefore and "1" or "0", unpack(takenOver) }
end

-- Releases the node's users who are on another node too, and keeps the others for the grace period.
local function withdraw(graceMs)
  local lease = redis.call("HGET", NODES, NODE)
  if not lease or hasWithdrawn(NODE) then return 1 end
  local ends = math.min(tonumber(string.match(lease, "^%d+") or 0), now + graceMs)
  redis.call("HSET", NODES, NODE, whole(ends) .. " -")
  local people = redis.call("HGETALL", PEOPLE)
  for index = 1, #people, 2 do
    local one = person(people[index + 1])
    if not one or withoutNode(one.nodes, NODE) ~= "" then release(people[index], people[index + 1], NODE) end
  end
  return 1
end

-- Returns the version of the people and, unless it is known, the people. The version is a digest, so that it needs no
-- record that could be lost or rolled back by itself.
local function refresh(known)
  dropExpired()
  if NODE ~= "" and redis.call("HEXISTS", NODES, NODE) == 1 and not hasWithdrawn(NODE) then keep() end
  local people = redis.call("HGETALL", PEOPLE)
  local version = redis.sha1hex(table.concat(people, "\n\n"))
  return version == known and { version } or { version, people }
end

local function forEachRoom(visit)
  for index = 1, #KEYS / 3 do
    PEOPLE, NAMES, NODES = KEYS[3 * index - 2], KEYS[3 * index - 1], KEYS[3 * index]
    visit(index)
  end
end

-- Returns the indexes of the rooms whose people are not as known, from 1.
local function renew()
  local changed = {}
  forEachRoom(function(index)
    if refresh(ARGV[3 + index])[2] then changed[#changed + 1] = index end
  end)
  return changed
end

-- Returns the number of people in each room.
local function count()
  local counts = {}
  forEachRoom(function(index)
    dropExpired()
    counts[index] = redis.call("HLEN", PEOPLE)
  end)
  return counts
end

if VERB == "release" then
  local record = redis.call("HGET", PEOPLE, USER)
  if record then release(USER, record, NODE) end
  return 1
end
if VERB == "refresh" then return refresh() end
if VERB == "renew" then return renew() end
if VERB == "count" then return count() end
dropExpired()
if VERB == "claim" then return claim() end
return withdraw(tonumber(USER))
