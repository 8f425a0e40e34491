-- One member. It has a Redis subscription of its own and a light thread that waits for it, which is how this chat is
-- usually written; what it says is published over a connection from the pool.
local redis = require "nginx.redis"
local websocket = require "nginx.websocket.server"

local socket, why = websocket:new { timeout = 600000, max_payload_len = 65535 }
if not socket then
  ngx.log(ngx.ERR, "no handshake: ", why)
  return ngx.exit(400)
end

local function connect()
  local link = redis:new()
  link:set_timeout(600000)
  local ok, trouble = link:connect("127.0.0.1", tonumber(ngx.var.redis_port))
  if not ok then
    ngx.log(ngx.ERR, "no Redis: ", trouble)
    return ngx.exit(444)
  end
  return link
end

local subscriber = connect()
subscriber:subscribe "chat"

local hearing = ngx.thread.spawn(function()
  while true do
    local reply = subscriber:read_reply()
    if not reply then return end
    if reply[1] == "message" and not socket:send_text(reply[3]) then return end
  end
end)

while true do
  local text, kind = socket:recv_frame()
  if not text or kind == "close" then break end
  if kind == "ping" then
    socket:send_pong(text)
  elseif kind == "text" then
    local publisher = connect()
    publisher:publish("chat", text)
    publisher:set_keepalive(60000, 100)
  end
end
ngx.thread.kill(hearing)
subscriber:close()
