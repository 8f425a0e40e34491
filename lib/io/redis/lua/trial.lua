-- Writes and deletes a value, to find out whether a message could be stored. KEYS 1 a key that nothing else uses.
redis.call("SET", KEYS[1], "1")
redis.call("DEL", KEYS[1])
return 1
