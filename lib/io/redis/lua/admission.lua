-- Reads some fields of the state of a room. ARGV 6 and following: the fields. Replies like room_state.lua. Unlike other scripts,
-- it does not create a missing head, which would show in the time that it takes.
local eras, top, tag = unpack(redis.call("HMGET", HEAD, "eras", "top", "tag"))
local texts = redis.call("HMGET", STATE, unpack(ARGV, 6))
eras, top = parseEras(eras), parseNumber(top)
-- Without the head, the state is lost too.
if not (eras and top) then return { UNUSED, "0", UNUSED_TAG, {} } end
local fields = {}
for index, text in ipairs(texts) do
  if text then
    fields[#fields + 1] = ARGV[5 + index]
    fields[#fields + 1] = text
  end
end
return { presentEpoch({ eras = eras }), whole(top), tag and string.match(tag, "^%w+$") or UNUSED_TAG, fields }
