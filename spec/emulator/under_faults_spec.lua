-- TLS sockets, FTPS transfers and files of the module while hayes-emulator --faults is at work, against real servers: bytes in
-- equal bytes out, or a clear error says what is missing; nothing is doubled; and afterwards the module works.

local faulty = require "support.faulty"
local folder = require "support.folder"
local hayes = require "hayes"

-- Words, commands or pieces of what comes in, by number; or commands by their beginning. Those of number 3 are in the
-- opening, the others mostly behind it.
local WORDS <const>, PIECES <const> = { 3, 40, 70 }, { 3, 40, 90 }

local function at(places) return { tls = places, ftp = places, file = places } end

local function by_command(of_tls, of_ftp, of_file)
  return { tls = { of_tls }, ftp = { of_ftp }, file = { of_file } }
end

local kinds = {
  ["split"] = at { 3, 5, 7, 20, 40, 50, 60, 70, 80 }, ["merge"] = at { 3, 5, 7, 20, 40, 50, 60, 70, 80 },
  ["delay"] = at(WORDS), ["urc"] = at(WORDS), ["drop"] = at(WORDS), ["double"] = at(WORDS), ["flip"] = at(WORDS),
  ["nul flood"] = at(WORDS), ["garbage"] = at(WORDS), ["short block"] = { tls = { 1 } },
  ["reboot"] = { tls = { 30 }, ftp = { 30 }, file = { 12 } },
  ["command drop"] = { tls = PIECES, ftp = PIECES }, ["command flip"] = at(PIECES), ["tty full"] = at(PIECES),
  ["late answer"] = by_command("AT+QSSLSEND", "AT+QFTPPUT", "AT+QFUPL"),
  ["lost answer"] = by_command("AT+QSSLSEND", "AT+QFTPPUT", "AT+QFLST"),
  ["deaf"] = by_command("AT+QSSLSEND", "AT+QFTPPUT", "AT+QFLST"),
  ["refused"] = by_command("AT+QSSLSEND", "AT+QFTPPUT", "AT+QFUPL"),
  ["port gone"] = by_command("AT+QSSLSEND", "AT+QFTPSIZE", "AT+QFDWL"),
  ["send fail"] = { tls = { "AT+QSSLSEND" }, ftp = { "AT+QFTPPUT" } },
  ["server closes"] = { tls = { "AT+QSSLSEND" }, ftp = { "AT+QFTPPUT" } },
  ["stall"] = by_command("AT+QSSLSEND", "AT+QFTPPUT", "AT+QFUPL"),
  ["settings changed"] = { tls = { "AT+QFLST" }, ftp = { "AT+QFLST" } },
  ["port renamed"] = by_command("AT+QSSLSEND", "AT+QFTPSIZE", "AT+QFDWL"),
  ["pdpdeact"] = { tls = { "AT+QSSLSEND" }, ftp = { "AT+QFTPPUT" } },
}

--- Access modes; buffer access where none stands here.
local modes = { split = "transparent", merge = "push", delay = "push", urc = "push", reboot = "transparent",
  ["short block"] = "push", ["tty full"] = "transparent" }

describe("With faults in the module, and on the way to it", function()
  local servers

  setup(function() servers = faulty.servers(folder.new "faulty") end)

  teardown(function()
    servers.ftp:close()
    servers.echo_process:close()
  end)

  it("what is carried is right, or an error says that it is not", function()
    local against, idle = {}, {}
    local function play(use, kind, where)
      local said, count = faulty.round(use, kind, where, servers, modes[kind])
      against[#against + 1] = said
      if count == 0 then idle[#idle + 1] = use .. ", " .. kind end
    end
    hayes.run(function()
      for kind, of in pairs(kinds) do
        for use, where in pairs(of) do hayes.spawn(play, use, kind, where) end
      end
    end)
    assert.are.same({}, against)
    assert.are.same({}, idle, "faults that did not take place")
  end)
end)
