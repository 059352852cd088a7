-- The sockets of a Quectel module beside LuaSocket's.

local differential = require "support.differential"
local lab = require "support.lab"
local observations = require "support.socket_observations"

differential { name = "an EC200U", start = lab.online, tls_host = lab.HOST, tls_port = 443 }

describe("What differs on purpose", function()
  it("stands in the guide, each with its reason", function()
    local file = assert(io.open("manual/guide.md"))
    local text = file:read("a"):gsub("%s+", " ")
    file:close()
    for reason in pairs(observations.intended) do assert.is_truthy(text:find(reason, 1, true), reason) end
  end)
end)
