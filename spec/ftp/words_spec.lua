-- What the errors of FTP sessions say: what happened, in words for whom it has happened to, and what to do.

local ftp_lab = require "support.ftp_lab"
local lab = require "support.lab"
local Module = require "support.ftp_module"
local proftpd = require "support.proftpd"
local script = require "support.script"
local Server = require "support.ftp_server"

local BYTES = ftp_lab.bytes(50000)
local OK = "\r\nOK\r\n"

--- Every call that names a file or folder: the command that is refused, what may be the matter, and what to try.
local CALLS = {
  put = { "PUT", "the folder to store it in does not exist", "ftp:mkdir()", { data = "x" }, "d/f" },
  get = { "GET", "there is no such file", "ftp:entries()", "d/f" },
  size = { "SIZE", "there is no such file", "ftp:entries()", "d/f" },
  modified = { "MDTM", "there is no such file", "ftp:entries()", "d/f" },
  list = { "LIST", "there is no such folder", "ftp:entries()", "d" },
  names = { "NLST", "there is no such folder", "ftp:entries()", "d" },
  entries = { "MLSD", "there is no such folder", "ftp:pwd()", "d" },
  cwd = { "CWD", "there is no such folder", "ftp:pwd()", "d" },
  delete = { "DEL", "it is a folder, or the account may not delete it", "ftp:rmdir()", "d" },
  rename = { "RENAME", "the new name is taken", "ftp:entries()", "a", "b" },
  mkdir = { "MKDIR", "there is something of that name already", "need not be made", "d" },
  rmdir = { "RMDIR", "it is not empty", "Delete first what is in it", "d" },
}

--- Codes that a server's refusal leads to, and what their error says.
local REFUSALS = {
  { 619, 452, "the server has no room left" }, { 620, 500, "does not know this command" },
  { 621, 501, "does not take this name or parameter" }, { 622, 502, "the server does not do this" },
  { 623, 503, "expects other commands first" }, { 624, 504, "does not know this parameter" },
  { 626, 532, "may not store files" }, { 628, 551, "the page type" }, { 629, 552, "share of the server is used up" },
}

describe("The words of an FTP error", function()
  local module, modem, ftp

  before_each(function()
    script.virtual_time()
    module = Module.new()
    modem = module:open()
    ftp = assert(modem.ftp.open { host = "h", retries = 0 })
  end)

  after_each(function()
    modem:close()
    script.real_time()
  end)

  local function refuse(command, answer)
    function module.fault(line) return line:find("AT+QFTP" .. command, 1, true) and answer or nil end
  end

  for name, call in pairs(CALLS) do
    local command, words, advice = table.unpack(call)

    for how, answer in pairs { ["with its code"] = OK .. ("\r\n+QFTP%s: 627,550\r\n"):format(command),
      ["at once"] = "\r\n+CME ERROR: 627\r\n" } do
      it(("say what a refusal may mean for the call, and what to do: %s, refused %s"):format(name, how), function()
        refuse(command, answer)
        if name == "get" then module.files["d/f"] = BYTES end
        local result, err = ftp[name](ftp, table.unpack(call, 4))
        assert.is_nil(result)
        assert.are.same({ 627, how == "with its code" and 550 or nil }, { err.code, err.protocol })
        assert.is_truthy(tostring(err):find(words, 1, true), tostring(err))
        assert.is_truthy(err.hint:find(advice, 1, true), err.hint)
      end)
    end
  end

  for _, refusal in ipairs(REFUSALS) do
    local code, protocol, words = table.unpack(refusal)
    for how, answer in pairs { ["before CONNECT"] = ("\r\n+CME ERROR: %d\r\n"):format(code),
      ["afterwards"] = OK .. ("\r\n+QFTPPUT: %d,%d\r\n"):format(code, protocol) } do
      it(("keep the server's code and words when it refuses an upload %s: %d"):format(how, protocol), function()
        refuse("PUT", answer)
        local done, err = ftp:put({ data = "x" }, "f")
        assert.is_nil(done)
        assert.are.same({ code, protocol }, { err.code, err.protocol })
        assert.is_truthy(tostring(err):find("the server said " .. protocol, 1, true), tostring(err))
        assert.is_truthy(tostring(err):find(words, 1, true), tostring(err))
        assert.are.same(1, module:count "QFTPPUT")
      end)
    end
  end

  it("say that nothing answers, of 605", function()
    ftp:close()
    refuse("OPEN", OK .. "\r\n+QFTPOPEN: 605,0\r\n")
    local none, err = modem.ftp.open { host = "h", port = 2121 }
    assert.is_nil(none)
    assert.is_truthy(tostring(err):find("logging in to h:2121 as anonymous failed: Network error (605): nothing answers there",
      1, true), tostring(err))
    assert.is_truthy(err.hint:find("the port right", 1, true), err.hint)
  end)

  for _, full in ipairs { { 629, 552, "share of the server is used up" }, { 619, 452, "no room left" } } do
    it("say that there is no room, in the middle of an upload, which is not tried again: " .. full[2], function()
      module.broken = ("%d,%d"):format(full[1], full[2])
      function module.takes(_, bytes) return bytes:sub(1, 20000) end
      local done, err = ftp:put({ data = BYTES }, "f", { resume = true, retries = 5 })
      assert.is_nil(done)
      assert.are.same(full[2], err.protocol)
      assert.is_truthy(tostring(err):find(full[3], 1, true), tostring(err))
      assert.are.same(1, module:count "QFTPPUT")
    end)
  end

  for what, size in pairs { ["too small"] = 5, ["too great"] = 200000 } do
    it("say that SIZE is not to be trusted, when all was stored twice: " .. what, function()
      function module.fault(line)
        return line:find("QFTPSIZE", 1, true) and module.files.f and OK .. ("\r\n+QFTPSIZE: 0,%d\r\n"):format(size) or nil
      end
      local done, err = ftp:put({ data = BYTES }, "f", { resume = true, retries = 20 })
      assert.is_nil(done)
      assert.are.same("size_differs", err.name)
      assert.is_truthy(tostring(err):find("SIZE is not to be trusted: it took 50000 bytes twice, and says that it has "
        .. size, 1, true), tostring(err))
      assert.is_truthy(err.hint:find("verify = false", 1, true))
      assert.are.same(2, module:count "QFTPPUT")
      assert(ftp:put({ data = BYTES }, "f", { verify = false, resume = true }))
      assert.is_true(module.files.f == BYTES)
    end)
  end

  for how, answer in pairs { ["with nothing"] = false, ["with 627,550"] = OK .. "\r\n+QFTPGET: 627,550\r\n" } do
    it("say that SIZE is not to be trusted, where less comes twice; the end is told " .. how, function()
      module.files.f = BYTES
      function module.fault(line)
        if line:find("QFTPSIZE", 1, true) then return OK .. "\r\n+QFTPSIZE: 0,200000\r\n" end
        return answer and line:find('"COM:",50000', 1, true) and answer or nil
      end
      local done, err = ftp:get("f", nil, { retries = 20 })
      assert.is_nil(done)
      assert.is_truthy(tostring(err):find("it says that the file has 200000 bytes, and twice ended it after 50000", 1, true),
        tostring(err))
      assert.is_true(ftp:get("f", nil, { length = 50000 }) == BYTES)
    end)
  end

  it("say that SIZE is not to be trusted, where more would come, if all is to be read back", function()
    module.files.f = BYTES
    function module.fault(line)
      return line:find("QFTPSIZE", 1, true) and OK .. "\r\n+QFTPSIZE: 0,40000\r\n" or nil
    end
    local path = lab.folder() .. "/words.bin"
    local done, err = ftp:get("f", path, { verify = "content" })
    assert.is_nil(done)
    assert.is_truthy(tostring(err):find("it says that the file has 40000 bytes, and more follow", 1, true), tostring(err))
    module.fault = nil
    assert(ftp:get("f", path, { verify = "content" }))
    assert.is_true(ftp_lab.read(path) == BYTES)
  end)
end)

describe("The words of an FTP error, of a real server:", function()
  local servers, modem, emulator

  setup(function()
    servers = { pyftpdlib = Server.start(lab.folder(), { name = "words" }), proftpd = proftpd.start(lab.folder()) }
  end)

  teardown(function()
    for _, server in pairs(servers) do server:close() end
  end)

  after_each(function()
    modem:close()
    emulator:close()
  end)

  for _, name in ipairs { "pyftpdlib", "proftpd" } do
    it("a folder that is there already is not told to be missing, by " .. name, function()
      modem, emulator = ftp_lab.online()
      local ftp = assert(modem.ftp.open(ftp_lab.account(servers[name])))
      assert(ftp:mkdir("there"))
      local ok, err = ftp:mkdir("there")
      assert.is_nil(ok)
      assert.is_truthy(tostring(err):find("making the folder there failed", 1, true), tostring(err))
      assert.is_truthy(tostring(err):find("there is something of that name already", 1, true), tostring(err))
      assert.is_truthy(err.hint:find("A folder that is there need not be made", 1, true), err.hint)
      assert(ftp:rmdir("there"))
    end)

    it("a server that stalls for longer than the time-out is told to be silent, " .. name, function()
      modem, emulator = ftp_lab.online()
      local ftp = assert(modem.ftp.open(ftp_lab.account(servers[name])))
      servers[name]:put("down.bin", BYTES)
      assert(emulator:control "ftp timeout 300")
      for _, transfer in ipairs { function() return ftp:get("down.bin", nil, { retries = 0 }) end,
        function() return ftp:put({ data = BYTES }, "up.bin", { resume = true, retries = 0 }) end } do
        assert(emulator:control "ftp stall 20000")
        local done, err = transfer()
        assert.is_nil(done)
        assert.are.same(609, err.code)
        assert.is_truthy(tostring(err):find("was silent for longer than `timeout`", 1, true), tostring(err))
        assert.is_truthy(err.hint:find("Raise `timeout`", 1, true), err.hint)
        assert(emulator:control "ftp stall off")
      end
    end)
  end
end)
