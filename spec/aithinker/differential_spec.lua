-- The sockets of an Ai-Thinker module beside LuaSocket's.

local differential = require "support.differential"
local lab = require "support.lab"

differential { name = "an Ai-WB2", start = lab.joined, tls_host = "127.0.0.1", tells_ends = "tt-events" }
