-- Returns the top's epoch and number, and the tag. Subscribers call it, which keeps the head of a room without entries from
-- expiring.
local head = openHead()
return { presentEpoch(head), whole(head.top), head.tag }
