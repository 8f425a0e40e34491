-- Reads records of members, names and invites at one time.
--
-- KEYS    the hashes of the kinds that are read: id to text
-- ARGV    two for each record: the number of its key, its id
-- Returns the texts, nil where there is none.
local texts = {}
for at = 1, #ARGV, 2 do
  texts[#texts + 1] = redis.call("HGET", KEYS[tonumber(ARGV[at])], ARGV[at + 1])
end
return texts
