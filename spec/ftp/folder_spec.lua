-- ftp:cwd: a session stands where it says, also after it was logged in again.

local hayes = require "hayes"
local script = require "support.script"

local OK = "\r\nOK\r\n"

describe("The folder of an FTP session", function()
  before_each(script.virtual_time)
  after_each(script.real_time)

  --- A module in front of a server with folders; `folder` is where it stands, `home` where logins begin. fault(line)
  --- may give what is answered in place of the answer; what the command does is done all the same.
  local server, modem, ftp

  local function lose()
    server.logged_in = false
    return OK .. "\r\n+QFTPPWD: 606,0\r\n"
  end

  local function enter(path)
    if path:sub(1, 1) == "/" then return path end
    if path == ".." then return server.folder:match("^(/.+)/[^/]*$") or "/" end
    return (server.folder == "/" and "" or server.folder) .. "/" .. path
  end

  local function result(name, rest) return OK .. ("\r\n+QFTP%s: 0,%s\r\n"):format(name, rest) end

  local answers = {
    ["^AT%+QFTPCFG"] = function() return OK end,
    ["^AT%+QIACT%?"] = function() return '\r\n+QIACT: 1,1,1,"10.0.0.2"\r\n' .. OK end,
    ["^AT%+QFTPSTAT"] = function() return result("STAT", server.logged_in and 1 or 4) end,
    ["^AT%+QFTPCLOSE"] = function()
      server.logged_in = false
      return result("CLOSE", 0)
    end,
    ["^AT%+QFTPOPEN"] = function()
      server.logged_in, server.folder, server.logins = true, server.home, server.logins + 1
      return result("OPEN", 0)
    end,
    ["^AT%+QFTPCWD="] = function(line)
      local folder = enter(line:match('"(.*)"'))
      if server.missing and folder:find(server.missing, 1, true) then return OK .. "\r\n+QFTPCWD: 627,550\r\n" end
      server.folder = folder
      return result("CWD", 0)
    end,
    ["^AT%+QFTPPWD"] = function() return result("PWD", server.says or '"' .. server.folder .. '"') end,
    ["^AT%+QFTPDEL="] = function(line)
      server.deleted[#server.deleted + 1] = enter(line:match('"(.*)"'))
      return result("DEL", 0)
    end,
    ["^AT%+QFTPSIZE="] = function(line)
      server.asked = enter(line:match('"(.*)"'))
      return result("SIZE", 5)
    end,
  }

  before_each(function()
    server = { logged_in = false, folder = "/", home = "/", logins = 0, deleted = {}, count = 0 }
    local commands = {}
    for pattern, answer in pairs(answers) do
      commands[pattern] = function(line)
        local said = answer(line)
        server.count = server.count + 1
        return server.fault and server.fault(line, server.count) or said
      end
    end
    modem = assert(hayes.open_port(script.port(script.quectel(commands)), "script"))
    ftp = assert(modem.ftp.open { host = "h", retries = 5 })
  end)

  after_each(function() modem:close() end)

  local function break_line()
    server.fault = function(line)
      if not line:find("QFTPSIZE", 1, true) then return end
      server.fault = nil
      lose()
      return OK .. "\r\n+QFTPSIZE: 606,0\r\n"
    end
  end

  --- Logged in again, the session stands there still.
  local function stays_in(folder)
    local logins = server.logins
    break_line()
    assert.are.same(5, ftp:size("x"))
    assert.are.same(logins + 1, server.logins)
    assert.are.same((folder == "/" and "" or folder) .. "/x", server.asked)
    assert(ftp:delete("y"))
    assert.are.same((folder == "/" and "" or folder) .. "/y", server.deleted[#server.deleted])
  end

  local ways = {
    ["an absolute path"] = { "/in", to = "/in" }, ["a relative path"] = { "in", to = "/in" },
    ["several relative paths"] = { "in", "deep", "..", "other", to = "/in/other" },
    ["an absolute path behind relative ones"] = { "in", "deep", "/a", to = "/a" },
    ["relative paths behind an absolute one"] = { "/a", "b", "..", "c", to = "/a/c" },
  }

  for name, way in pairs(ways) do
    it("is that of " .. name .. ", also after a break at any of its commands", function()
      local breaks_at = 0
      repeat
        breaks_at = breaks_at + 1
        server.home = "/"
        assert(ftp:cwd("/"))
        local broke = false
        server.count = 0
        server.fault = function(line, count)
          if count ~= breaks_at then return end
          broke = true
          server.fault = nil
          lose()
          return OK .. ("\r\n+QFTP%s: 606,0\r\n"):format(line:match("QFTP(%u+)"))
        end
        for _, path in ipairs(way) do
          if not ftp:cwd(path) then assert(ftp:cwd(path)) end
        end
        server.fault = nil
        stays_in(way.to)
      until not broke
    end)
  end

  it("is kept when the path was relative to where the account begins", function()
    server.home = "/home/me"
    ftp:close()
    ftp = assert(modem.ftp.open { host = "h" })
    assert(ftp:cwd("in"))
    stays_in("/home/me/in")
  end)

  for name, says in pairs { ["a quote in it"] = '"/a""b"', ["a control character in it"] = '"/a\1b"',
    ["more bytes than a command takes"] = '"/' .. ("x"):rep(200) .. '"', ["nothing in it"] = '""', ["no path"] = "" } do
    it("does not depend on what the server says: " .. name, function()
      server.says = says
      assert(ftp:cwd("in"))
      for _ = 1, 20 do
        assert(ftp:cwd("deep"))
        assert(ftp:cwd(".."))
      end
      stays_in("/in")
    end)
  end

  it("is told as the server means it: a quote is doubled in its answer", function()
    for says, path in pairs { ['"/a""b"'] = '/a"b', ['"/a"'] = "/a", ["/a"] = "/a", ['"/"'] = "/" } do
      server.says = says
      assert.are.same(path, ftp:pwd())
    end
  end)

  it("takes a few commands to go back to, however often it was changed", function()
    for _ = 1, 200 do
      assert(ftp:cwd("a"))
      assert(ftp:cwd(".."))
    end
    assert(ftp:cwd("a"))
    server.count = 0
    stays_in("/a")
    assert.is_true(server.count < 40, server.count .. " commands")
  end)

  it("that is not there any more fails all that is done in it, and nothing is done elsewhere", function()
    assert(ftp:cwd("/in"))
    server.missing = "/in"
    break_line()
    for _ = 1, 3 do
      local ok, err = ftp:size("x")
      assert.is_nil(ok)
      assert.are.same(550, err.protocol)
      ok, err = ftp:delete("y")
      assert.is_nil(ok)
      assert.are.same(550, err.protocol)
    end
    assert.are.same({}, server.deleted)
  end)
end)
