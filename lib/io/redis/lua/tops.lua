-- Returns the epoch and number of each room's top, and its tag; false for a room that top.lua must read. For many rooms, all
-- on one server: KEYS are their heads.
local tops = {}
for index, key in ipairs(KEYS) do
  local fields = redis.pcall("HMGET", key, "eras", "top", "tag")
  local eras, top, tag = parseEras(fields[1]), parseNumber(fields[2]), fields[3]
  local isValid = eras and top and tag and string.match(tag, "^%w+$")
  -- As openHead does.
  if isValid and top == 0 then redis.call("PEXPIRE", key, EMPTY_MS) end
  tops[index] = isValid and { presentEpoch({ eras = eras }), whole(top), tag } or false
end
return tops
