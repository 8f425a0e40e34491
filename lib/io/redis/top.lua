-- How far the log has come: the top's epoch and number, and the tag. Asking for it keeps the head of a followed room without
-- entries.
local head = openHead()
return { presentEpoch(head), whole(head.top), head.tag }
