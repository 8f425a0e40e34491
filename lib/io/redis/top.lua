-- How far the log has come: the top's epoch and number. Asking for it keeps the numbers going on in a room that is followed.
local head = openHead()
keepHead()
return { presentEpoch(head), whole(head.top) }
