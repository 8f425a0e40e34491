-- Changes records of members, names and invites, all or none: implements DirectoryStore.commit of
-- chat/ports/directory_store.ts. Writes do not fail after the first one, for the reasons in append.lua: every key is read
-- before any write.
--
-- KEYS    the hashes of the kinds that are changed: id to text
-- ARGV 1  PUBLISH or SPUBLISH   2 the channel on which to announce the changes, or "" for none
--      3… four for each record: the number of its key, its id, the text as it was read, the new text; "=" is before each
--      text, and "" means that there is none
-- Returns 1 if the changes were made, 0 if a record is no longer what was read.
local PUBLISH, CHANNEL = ARGV[1], ARGV[2]
local FIRST_ARGUMENT, WIDTH = 3, 4

for at = FIRST_ARGUMENT, #ARGV, WIDTH do
  local stored = redis.call("HGET", KEYS[tonumber(ARGV[at])], ARGV[at + 1])
  if (stored and "=" .. stored or "") ~= ARGV[at + 2] then return 0 end
end
for at = FIRST_ARGUMENT, #ARGV, WIDTH do
  local key, id, text = KEYS[tonumber(ARGV[at])], ARGV[at + 1], ARGV[at + 3]
  if text == "" then redis.call("HDEL", key, id) else redis.call("HSET", key, id, string.sub(text, 2)) end
end
-- Here, so that the others are told even if the caller's connection is lost.
if CHANNEL ~= "" then redis.pcall(PUBLISH, CHANNEL, "") end
return 1
