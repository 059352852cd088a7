-- The commands of the FTP note on the emulator, with a real FTP server. Answers are compared byte for byte.

local hayes = require "hayes"
local lab = require "support.lab"
local pki = require "support.pki"
local Server = require "support.ftp_server"
local Terminal = require "support.terminal"

--- Bytes that look like what a module says, or like what ends data mode.
local PROTOCOL = "\r\nOK\r\n\r\n+QFTPGET: 0,7\r\n\r\nNO CARRIER\r\n+++\26\27\0\255ATH\r\nCONNECT\r\n" .. ("x"):rep(99)

local function literally(text) return (text:gsub("%p", "%%%0")) end
local function lines(...) return "\r\n" .. table.concat({ ... }, "\r\n\r\n") .. "\r\n" end

--- A person at an emulator, echo off.
local Desk = {}
Desk.__index = Desk

function Desk.open(options)
  options = options or {}
  options.echo = false
  options.resolve = options.resolve or { [lab.HOST] = "127.0.0.1", ["ftp.example"] = "127.0.0.1" }
  local emulator = assert(hayes.emulator(options))
  return setmetatable({ emulator = emulator, terminal = Terminal.open(emulator.address) }, Desk)
end

--- Types a line, or nothing, and expects these bytes and no others in front of them.
function Desk:expect(line, bytes)
  if line then self.terminal:type(line .. "\r") end
  local seen = self.terminal:until_(literally(bytes))
  assert.are.same(bytes, seen)
end

--- Types a line and expects these lines, each framed as a result code is.
function Desk:ask(line, ...) self:expect(line, lines(...)) end

function Desk:control(line) assert(self.emulator:control(line)) end

--- Goes on line and sets the account.
function Desk:prepare(...)
  self:ask("AT+QIACT=1", "OK")
  self:ask('AT+QFTPCFG="account","user","secret"', "OK")
  for _, setting in ipairs { ... } do self:ask("AT+QFTPCFG=" .. setting, "OK") end
  return self
end

function Desk:login(port, host)
  self:ask(('AT+QFTPOPEN="%s",%d'):format(host or "ftp.example", port), "OK", "+QFTPOPEN: 0,0")
  return self
end

--- A download over COM: what came, and the number of the trailer; the trailer begins with `final`.
function Desk:download(line, final)
  self:ask(line, "CONNECT")
  local name = line:match("^AT(%+%u+)")
  local seen = self.terminal:until_(("\r\n%s\r\n\r\n%%%s: %%d+,%%d+\r\n$"):format(final or "OK", name))
  local data, err, count = seen:match(("^(.*)\r\n%s\r\n\r\n%%%s: (%%d+),(%%d+)\r\n$"):format(final or "OK", name))
  return data, tonumber(err), tonumber(count)
end

--- An upload over COM: of what is typed behind CONNECT.
function Desk:upload(line, data, ...)
  self:ask(line, "CONNECT")
  self.terminal:type(data)
  self:ask(nil, ...)
end

--- Silence, longer than it must be as the machine may be busy, and three plus signs; the silence behind is for who expects
--- the answer.
function Desk:escape()
  require("socket").sleep(1.5)
  self.terminal:type("+++")
end

--- Answers QFTPSTAT with this state, sooner or later.
function Desk:becomes(state)
  for _ = 1, 500 do
    self.terminal:type("AT+QFTPSTAT\r")
    if self.terminal:until_("%+QFTPSTAT: 0,%d\r\n"):match("0,(%d)") == tostring(state) then return end
    require("socket").sleep(0.01)
  end
  error("the state did not become " .. state, 2)
end

--- Waits until QFTPLEN is this.
function Desk:carries(length)
  repeat
    self.terminal:type("AT+QFTPLEN\r")
  until self.terminal:until_("LEN: 0,%d+\r\n"):match(",(%d+)") == tostring(length)
end

function Desk:close()
  self.terminal:close()
  self.emulator:close()
end

Desk.__close = Desk.close

describe("AT+QFTP… on the emulator", function()
  local folder, server

  setup(function()
    folder = lab.folder()
    server = Server.start(folder)
  end)

  teardown(function() server:close() end)

  local function session(options, ...)
    return Desk.open(options):prepare(...):login(server.port)
  end

  describe("without a server", function()
    it("has the note's contexts, whichever its PDP commands have", function()
      local desk <close> = Desk.open { module = "EC200U" }
      desk:ask('AT+QFTPCFG="contextid",15', "OK")
      desk:ask('AT+QFTPCFG="contextid"', '+QFTPCFG: "contextid",15', "OK")
      desk:ask('AT+QFTPCFG="contextid",16', "ERROR")
    end)

    it("answers test commands as in the note", function()
      local desk <close> = Desk.open { module = "EC200A" }
      desk:expect("AT+QFTPCFG=?", "\r\n" .. table.concat({
        '+QFTPCFG: "account",<username>,<password>', '+QFTPCFG: "filetype",(0,1)', '+QFTPCFG: "transmode",(0,1)',
        '+QFTPCFG: "contextid",(1-15)', '+QFTPCFG: "rsptimeout",(20-180)', '+QFTPCFG: "ssltype",(0-2)',
        '+QFTPCFG: "sslctxid",(0-5)', '+QFTPCFG: "data_address",(0-2),(15-50)', '+QFTPCFG: "restenable",(0,1)',
        '+QFTPCFG: "cache",(0-2)' }, "\r\n") .. "\r\n\r\nOK\r\n")
      for name, ranges in pairs {
        OPEN = "<hostname>,<port>", CWD = "<path_name>", PUT = "<file_name>,<local_name>,<startpos>,<uploadlen>,<beof>",
        GET = "<file_name>,<local_name>,<startpos>,<downloadlen>", SIZE = "<file_name>", DEL = "<file_name>",
        MKDIR = "<folder_name>", RMDIR = "<folder_name>", LIST = "<dirname>,<local_name>", NLST = "<dirname>,<local_name>",
        MLSD = "<dirname>,<local_name>", MDTM = "<file_name>", RENAME = "<old_name>,<new_name>",
      } do
        desk:ask(("AT+QFTP%s=?"):format(name), ("+QFTP%s: %s"):format(name, ranges), "OK")
      end
      for _, name in ipairs { "PWD", "LEN", "STAT", "CLOSE" } do desk:ask(("AT+QFTP%s=?"):format(name), "OK") end
    end)

    it("keeps settings until reboot and refuses values out of range", function()
      local desk <close> = Desk.open { module = "EC200A" }
      local settings = {
        { "filetype", "0", "1", "2" }, { "transmode", "1", "0", "2" }, { "contextid", "1", "15", "16" },
        { "rsptimeout", "90", "20", "19" }, { "ssltype", "0", "2", "3" }, { "sslctxid", "0", "5", "6" },
        { "data_address", "0", "1", "3" }, { "restenable", "0", "1", "2" }, { "cache", "0", "2", "3" },
      }
      local function read(key, value)
        desk:ask(('AT+QFTPCFG="%s"'):format(key), ('+QFTPCFG: "%s",%s'):format(key, value), "OK")
      end
      for _, one in ipairs(settings) do
        read(one[1], one[2])
        desk:ask(('AT+QFTPCFG="%s",%s'):format(one[1], one[3]), "OK")
        desk:ask(('AT+QFTPCFG="%s",%s'):format(one[1], one[4]), "ERROR")
        read(one[1], one[3])
      end
      desk:ask('AT+QFTPCFG="data_address",2,50', "OK")
      read("data_address", "2,50")
      desk:ask('AT+QFTPCFG="data_address",2,51', "ERROR")
      desk:ask('AT+QFTPCFG="SSL_ctxID",3', "OK")
      read("sslctxid", "3")
      read("account", '"",""')
      desk:ask('AT+QFTPCFG="account","me","pass word"', "OK")
      read("account", '"me","pass word"')
      desk:ask('AT+QFTPCFG="nothing",1', "ERROR")
      desk:control("reboot")
      desk.terminal:until_("PB DONE\r\n")
      desk:ask("ATE0", "OK")
      for _, one in ipairs(settings) do read(one[1], one[2]) end
    end)

    it("reports when it is not logged in, and needs a PDP context", function()
      local desk <close> = Desk.open()
      for _, line in ipairs { "PWD", 'SIZE="a"', 'GET="a","COM:"', 'PUT="a","COM:"', 'LIST="."', "LEN", "CLOSE" } do
        desk:ask("AT+QFTP" .. line, "+CME ERROR: 625")
      end
      desk:ask("AT+QFTPSTAT", "OK", "+QFTPSTAT: 0,4")
      desk:ask('AT+QFTPOPEN="ftp.example"', "OK", "+QFTPOPEN: 604,0")
      desk:ask('AT+QFTPOPEN="127.0.0.1",21', "OK", "+QFTPOPEN: 605,0")
      desk:ask("AT+QFTPOPEN=ftp", "+CME ERROR: 610")
      desk:ask('AT+QFTPOPEN="ftp",0', "+CME ERROR: 610")
      desk:ask('AT+QFTPCWD=""', "+CME ERROR: 610")
      desk:ask(('AT+QFTPCWD="%s"'):format(("d"):rep(129)), "+CME ERROR: 610")
      desk:ask("AT+CMEE=2", "OK")
      desk:ask("AT+QFTPPWD", "+CME ERROR: Not logged in")
    end)

    it("reports unknown names, unreachable hosts and wrong accounts", function()
      local desk <close> = Desk.open():prepare()
      desk:ask('AT+QFTPOPEN="nowhere.invalid",21', "OK", "+QFTPOPEN: 604,0")
      desk:ask('AT+QFTPOPEN="ftp.example",9', "OK", "+QFTPOPEN: 605,0")
      desk:ask('AT+QFTPCFG="account","user","wrong"', "OK")
      desk:ask(('AT+QFTPOPEN="ftp.example",%d'):format(server.port), "OK", "+QFTPOPEN: 625,530")
      desk:ask("AT+QFTPSTAT", "OK", "+QFTPSTAT: 0,4")
      desk:ask("AT+QFTPPWD", "+CME ERROR: 625")
    end)
  end)

  describe("in a session", function()
    it("handles folders and files as in chapters 3.3 and 3.4", function()
      local desk <close> = session()
      server:put("test_my1.txt", ("y"):rep(1000))
      desk:ask('AT+QFTPCWD="/"', "OK", "+QFTPCWD: 0,0")
      desk:ask("AT+QFTPPWD", "OK", '+QFTPPWD: 0,"/"')
      desk:ask('AT+QFTPMKDIR="TEST"', "OK", "+QFTPMKDIR: 0,0")
      desk:ask('AT+QFTPRENAME="TEST","TEST_NEW"', "OK", "+QFTPRENAME: 0,0")
      desk:ask('AT+QFTPCWD="TEST_NEW"', "OK", "+QFTPCWD: 0,0")
      desk:ask("AT+QFTPPWD", "OK", '+QFTPPWD: 0,"/TEST_NEW"')
      desk:ask('AT+QFTPCWD="/"', "OK", "+QFTPCWD: 0,0")
      desk:ask('AT+QFTPRMDIR="TEST_NEW"', "OK", "+QFTPRMDIR: 0,0")
      desk:ask('AT+QFTPSIZE="test_my1.txt"', "OK", "+QFTPSIZE: 0,1000")
      desk:ask('AT+QFTPRENAME="test_my1.txt","test_new.txt"', "OK", "+QFTPRENAME: 0,0")
      desk.terminal:type('AT+QFTPMDTM="test_new.txt"\r')
      assert.is_truthy(desk.terminal:until_("MDTM: [^\r]+\r\n"):find('^\r\nOK\r\n\r\n%+QFTPMDTM: 0,"20%d+"\r\n$'))
      desk:ask('AT+QFTPDEL="test_new.txt"', "OK", "+QFTPDEL: 0,0")
      desk:ask('AT+QFTPSIZE="test_new.txt"', "OK", "+QFTPSIZE: 627,550")
      desk:ask('AT+QFTPRENAME="test_new.txt","x"', "OK", "+QFTPRENAME: 627,550")
      desk:ask("AT+QFTPSTAT", "OK", "+QFTPSTAT: 0,1")
      desk:ask("AT+QFTPCLOSE", "OK", "+QFTPCLOSE: 0,0")
      desk:ask("AT+QFTPSTAT", "OK", "+QFTPSTAT: 0,4")
    end)

    it("maps the server's reply codes to the note's errors", function()
      local desk <close> = session()
      for code, err in pairs { [425] = 615, [426] = 616, [450] = 617, [451] = 618, [452] = 619, [500] = 620, [501] = 621,
        [502] = 622, [503] = 623, [504] = 624, [530] = 625, [532] = 626, [550] = 627, [551] = 628, [552] = 629, [553] = 627 } do
        desk:ask(('AT+QFTPDEL="reply-%d"'):format(code), "OK", ("+QFTPDEL: %d,%d"):format(err, code))
      end
      -- It hangs up after that one.
      desk:ask('AT+QFTPDEL="reply-421"', "OK", "+QFTPDEL: 614,421")
      desk:becomes(4)
      desk:ask("AT+QFTPPWD", "+CME ERROR: 606")
      desk:ask("AT+QFTPCLOSE", "OK", "+QFTPCLOSE: 0,0")
      desk:ask("AT+QFTPPWD", "+CME ERROR: 625")
      desk:login(server.port)
    end)

    it("opens and closes in the background", function()
      local desk <close> = session()
      desk:control("ftp delay 1500")
      desk:ask("AT+QFTPCLOSE", "OK")
      desk:ask("AT+QFTPSTAT", "OK", "+QFTPSTAT: 0,3")
      desk:ask("AT+QFTPPWD", "+CME ERROR: 603")
      desk:ask('AT+QFTPOPEN="ftp.example"', "+CME ERROR: 603")
      desk:ask(nil, "+QFTPCLOSE: 0,0")
      desk:control("ftp delay 700")
      desk:ask(('AT+QFTPOPEN="ftp.example",%d'):format(server.port), "OK")
      desk:ask("AT+QFTPSTAT", "OK", "+QFTPSTAT: 0,0")
      desk:ask('AT+QFTPCWD="/"', "+CME ERROR: 603")
      desk:ask(nil, "+QFTPOPEN: 0,0")
      desk:ask(('AT+QFTPOPEN="ftp.example",%d'):format(server.port), "+CME ERROR: 603")
    end)

    it("prints the three kinds of listing to the port and to a file", function()
      local desk <close> = session()
      server:put("listed.txt", "12345")
      desk:ask('AT+QFTPMKDIR="sub"', "OK", "+QFTPMKDIR: 0,0")
      for name, pattern in pairs { LIST = "\n%-rw[^\n]* 5 [^\n]*listed%.txt\r\n", NLST = "\nlisted%.txt\r\n",
        MLSD = "size=5;type=file;[^\n]* listed%.txt\r\n" } do
        local data, err, count = desk:download(('AT+QFTP%s="."'):format(name))
        assert.are.same({ 0, #data }, { err, count })
        assert.is_truthy(("\n" .. data):find(pattern), data)
        desk:ask(('AT+QFTP%s=".","UFS:list.txt"'):format(name), "OK", ("+QFTP%s: 0,%d"):format(name, #data))
        desk:ask('AT+QFLST="UFS:list.txt"', ('+QFLST: "UFS:list.txt",%d'):format(#data), "OK")
        assert.are.same("", (desk:download(('AT+QFTP%s="sub","COM:"'):format(name))))
      end
      desk:ask('AT+QFTPLIST="reply-550"', "+CME ERROR: 627")
      desk:ask('AT+QFTPMLSD="reply-550","UFS:x"', "OK", "+QFTPMLSD: 627,550")
      desk:ask('AT+QFTPRMDIR="sub"', "OK", "+QFTPRMDIR: 0,0")
    end)
  end)

  describe("during downloads", function()
    it("delivers arbitrary bytes, whole and in pieces", function()
      local desk <close> = session()
      server:put("p.bin", PROTOCOL)
      assert.are.same({ PROTOCOL, 0, #PROTOCOL }, { desk:download('AT+QFTPGET="p.bin","COM:"') })
      desk:ask("AT+QFTPLEN", "OK", ("+QFTPLEN: 0,%d"):format(#PROTOCOL))
      local half = #PROTOCOL // 2
      local first = desk:download(('AT+QFTPGET="p.bin","COM:",0,%d'):format(half))
      local second, err, count = desk:download(('AT+QFTPGET="p.bin","COM:",%d,%d'):format(half, 9999))
      assert.are.same({ PROTOCOL, 0, #PROTOCOL - half }, { first .. second, err, count })
      assert.are.same({ "", 0, 0 }, { desk:download(('AT+QFTPGET="p.bin","COM:",%d'):format(#PROTOCOL)) })
    end)

    it("delivers a file larger than all buffers, also in pieces that end early", function()
      local desk <close> = session()
      local bytes = {}
      for i = 1, 50000 do bytes[i] = ("%08d line\r\nOK\r\n"):format(i) end
      local whole = table.concat(bytes)
      server:put("large.bin", whole)
      local data, err, count = desk:download('AT+QFTPGET="large.bin","COM:"')
      assert.are.same({ 0, #whole }, { err, count })
      assert.is_true(data == whole)
      for _, reset in ipairs { 0, 1 } do
        desk:ask('AT+QFTPCFG="restenable",' .. reset, "OK")
        assert.is_true(desk:download('AT+QFTPGET="large.bin","COM:",1000,5000') == whole:sub(1001, 6000))
        desk:ask("AT+QFTPPWD", "OK", '+QFTPPWD: 0,"/"')
      end
    end)

    it("stores the file in the module's flash", function()
      local desk <close> = Desk.open { flash = folder .. "/flash" }
      desk:prepare():login(server.port)
      server:put("p.bin", PROTOCOL)
      desk:ask('AT+QFTPGET="p.bin","UFS:p.bin"', "OK", ("+QFTPGET: 0,%d"):format(#PROTOCOL))
      assert.are.same(PROTOCOL, pki.read(folder .. "/flash/p.bin"))
      desk:ask('AT+QFTPGET="p.bin","p.bin",50', "OK", ("+QFTPGET: 0,%d"):format(#PROTOCOL - 50))
      assert.are.same(PROTOCOL:sub(51), pki.read(folder .. "/flash/p.bin"))
      desk:ask('AT+QFTPGET="none","UFS:n"', "OK", "+QFTPGET: 627,550")
      desk:ask('AT+QFTPGET="p.bin","ufs:n"', "+CME ERROR: 613")
      desk:ask('AT+QFOPEN="UFS:p.bin",2', "+QFOPEN: 1", "OK")
      desk:ask('AT+QFTPGET="p.bin","UFS:p.bin"', "OK", "+QFTPGET: 611,0")
    end)

    it("reports a full flash and keeps the session", function()
      local desk <close> = session()
      server:put("large.bin", ("z"):rep(2 << 20))
      desk:ask('AT+QFTPGET="large.bin","UFS:large"', "OK", "+QFTPGET: 613,0")
      desk:ask("AT+QFTPPWD", "OK", '+QFTPPWD: 0,"/"')
    end)

    it("can be suspended by +++ and resumed by ATO", function()
      local desk <close> = session()
      local whole = ("0123456789abcdef"):rep(65536)
      server:put("large.bin", whole)
      desk:control("ftp stall 5000")
      desk:ask('AT+QFTPGET="large.bin","COM:"', "CONNECT")
      desk:escape()
      desk:expect(nil, whole:sub(1, 5000) .. "\r\nOK\r\n")
      desk:ask("AT+QFTPSTAT", "OK", "+QFTPSTAT: 0,2")
      desk:ask("AT+QFTPLEN", "OK", "+QFTPLEN: 0,5000")
      desk:ask("AT+QFTPPWD", "+CME ERROR: 603")
      desk:ask("ATO", "CONNECT")
      desk:control("ftp stall off")
      local rest = desk.terminal:until_("\r\nOK\r\n\r\n%+QFTPGET: 0,1048576\r\n")
      assert.is_true(rest == whole:sub(5001) .. "\r\nOK\r\n\r\n+QFTPGET: 0,1048576\r\n")
      desk:ask("ATO", "NO CARRIER")
    end)

    it("is aborted by +++ with the quirk ftp-escape-aborts", function()
      local desk <close> = session { quirks = "ftp-escape-aborts" }
      server:put("p.bin", PROTOCOL)
      desk:control("ftp stall 10")
      desk:ask('AT+QFTPGET="p.bin","COM:"', "CONNECT")
      desk:escape()
      desk:expect(nil, PROTOCOL:sub(1, 10) .. "\r\nOK\r\n")
      desk:becomes(1)
      desk:ask("ATO", "NO CARRIER")
      desk:control("ftp stall off")
      assert.are.same(PROTOCOL:sub(11), (desk:download('AT+QFTPGET="p.bin","COM:",10')))
    end)

    it("reports a refusal by the server in either of two ways", function()
      local desk <close> = session()
      desk:ask('AT+QFTPGET="none","COM:"', "+CME ERROR: 627")
      local late <close> = session { quirks = "ftp-refused-later,ftp-eof-550" }
      late:ask('AT+QFTPGET="none","COM:"', "OK", "+QFTPGET: 627,550")
      server:put("p.bin", PROTOCOL)
      assert.are.same({ "", 627, 550 }, { late:download(('AT+QFTPGET="p.bin","COM:",%d'):format(#PROTOCOL)) })
    end)
  end)

  describe("during uploads", function()
    it("collects pieces of known length in one file, as in chapter 3.6", function()
      local desk <close> = session()
      local half = #PROTOCOL // 2
      desk:upload(('AT+QFTPPUT="up.bin","COM:",0,%d,0'):format(half), PROTOCOL:sub(1, half), "OK",
        ("+QFTPPUT: 0,%d"):format(half))
      desk:ask("AT+QFTPSTAT", "OK", "+QFTPSTAT: 0,2")
      desk:ask('AT+QFTPSIZE="up.bin"', "+CME ERROR: 603")
      desk:ask('AT+QFTPPUT="other","COM:",0,5,1', "+CME ERROR: 603")
      desk:ask('AT+QFTPPUT="up.bin","COM:",5,5,1', "+CME ERROR: 612")
      local left = #PROTOCOL - half
      desk:upload(('AT+QFTPPUT="up.bin","COM:",%d,%d,1'):format(half, left), PROTOCOL:sub(half + 1), "OK",
        ("+QFTPPUT: 0,%d"):format(left))
      desk:ask('AT+QFTPSIZE="up.bin"', "OK", ("+QFTPSIZE: 0,%d"):format(#PROTOCOL))
      assert.are.same(PROTOCOL, server:get("up.bin"))
    end)

    it("closes an upload between two pieces", function()
      local desk <close> = session()
      desk:upload('AT+QFTPPUT="piece.bin","COM:",0,4,0', "abcd", "OK", "+QFTPPUT: 0,4")
      desk:ask("AT+QFTPCLOSE", "OK", "+QFTPCLOSE: 0,0")
      assert.are.same("abcd", server:get("piece.bin"))
    end)

    it("of unknown length ends an upload on +++ and can append to the file", function()
      local desk <close> = session()
      desk:ask('AT+QFTPPUT="plus.bin","COM:",0', "CONNECT")
      desk.terminal:type("one+++two")
      desk:escape()
      desk:ask(nil, "OK", "+QFTPPUT: 0,9")
      assert.are.same("one+++two", server:get("plus.bin"))
      desk:ask("ATO", "NO CARRIER")
      desk:upload('AT+QFTPPUT="plus.bin","COM:",6,5,1', "TWO\26\0", "OK", "+QFTPPUT: 0,5")
      assert.are.same("one+++TWO\26\0", server:get("plus.bin"))
      assert.is_truthy(server:commands():find("REST 6\nSTOR plus.bin\n", 1, true))
    end)

    it("of unknown length ends a complete upload on silence with 609", function()
      local desk <close> = session()
      desk:control("ftp timeout 1000")
      desk:upload('AT+QFTPPUT="late.bin","COM:"', PROTOCOL, "OK", "+QFTPPUT: 609,0")
      assert.are.same(PROTOCOL, server:get("late.bin"))
      desk:ask("AT+QFTPPWD", "OK", '+QFTPPWD: 0,"/"')
      local other <close> = session { quirks = "ftp-put-609" }
      other:ask('AT+QFTPPUT="late2.bin","COM:"', "CONNECT")
      other.terminal:type("abc")
      other:escape()
      other:ask(nil, "OK", "+QFTPPUT: 609,0")
      assert.are.same("abc", server:get("late2.bin"))
    end)

    it("sends files of the module, also from an offset", function()
      local desk <close> = session()
      desk:ask(('AT+QFUPL="UFS:up.bin",%d'):format(#PROTOCOL), "CONNECT")
      desk.terminal:type(PROTOCOL)
      desk.terminal:until_("OK\r\n")
      desk:ask('AT+QFTPPUT="ufs.bin","UFS:up.bin",0', "OK", ("+QFTPPUT: 0,%d"):format(#PROTOCOL))
      assert.are.same(PROTOCOL, server:get("ufs.bin"))
      server:put("ufs.bin", PROTOCOL:sub(1, 60))
      desk:ask('AT+QFTPPUT="ufs.bin","UFS:up.bin",60', "OK", ("+QFTPPUT: 0,%d"):format(#PROTOCOL - 60))
      assert.are.same(PROTOCOL, server:get("ufs.bin"))
      desk:ask('AT+QFTPPUT="ufs.bin","UFS:none"', "+CME ERROR: 611")
      desk:ask('AT+QFTPPUT="ufs.bin","UFS:up.bin",99999', "+CME ERROR: 612")
      desk:ask('AT+QFTPPUT="ufs.bin","UFS:up.bin",0,5,1', "+CME ERROR: 610")
      desk:ask('AT+QFTPPUT="ufs.bin"', "+CME ERROR: 610")
      desk:ask('AT+QFTPPUT="no/such/f","UFS:up.bin"', "OK", "+QFTPPUT: 627,550")
      desk:ask('AT+QFTPPUT="reply-452","COM:"', "+CME ERROR: 619")
    end)

    it("transfers a megabyte through the port", function()
      local desk <close> = session()
      local whole = (PROTOCOL .. "\17\19"):rep(5000)
      desk:upload(('AT+QFTPPUT="big.bin","COM:",0,%d,1'):format(#whole), whole, "OK", ("+QFTPPUT: 0,%d"):format(#whole))
      assert.is_true(server:get("big.bin") == whole)
    end)
  end)

  describe("with its settings", function()
    it("transfers in ASCII if set, but asks for sizes in binary", function()
      local desk <close> = session(nil, '"filetype",1')
      server:put("text.txt", "one\ntwo\n")
      assert.are.same("one\r\ntwo\r\n", (desk:download('AT+QFTPGET="text.txt","COM:"')))
      desk:ask('AT+QFTPSIZE="text.txt"', "OK", "+QFTPSIZE: 0,8")
      desk:ask('AT+QFTPCFG="filetype",0', "OK")
      assert.are.same("one\ntwo\n", (desk:download('AT+QFTPGET="text.txt","COM:"')))
    end)

    it("listens for data in active mode", function()
      local desk <close> = session(nil, '"transmode",0')
      server:put("p.bin", PROTOCOL)
      assert.are.same(PROTOCOL, (desk:download('AT+QFTPGET="p.bin","COM:"')))
      desk:upload('AT+QFTPPUT="active.bin","COM:",0,4,1', "abcd", "OK", "+QFTPPUT: 0,4")
      assert.are.same("abcd", server:get("active.bin"))
      assert.is_truthy(desk:download('AT+QFTPNLST="."'):find("active.bin", 1, true))
      desk:ask('AT+QFTPGET="none","COM:"', "+CME ERROR: 627")
      assert.is_truthy(server:commands():find("PORT 127,0,0,1,", 1, true))
    end)

    it("connects to the address that data_address selects", function()
      -- Nobody has this address (RFC 5737).
      local far <close> = Server.start(folder, { name = "far", masquerade = "192.0.2.1" })
      far:put("p.bin", PROTOCOL)
      local desk <close> = Desk.open():prepare('"data_address",1'):login(far.port)
      assert.are.same(PROTOCOL, (desk:download('AT+QFTPGET="p.bin","COM:"')))
      desk:ask('AT+QFTPCFG="data_address",2', "OK")
      assert.are.same(PROTOCOL, (desk:download('AT+QFTPGET="p.bin","COM:"')))
      local resolved <close> = Desk.open { resolve = { ["ftp.example"] = "127.0.0.1", ["192.0.2.1"] = "127.0.0.1" } }
      resolved:prepare('"data_address",0'):login(far.port)
      assert.are.same(PROTOCOL, (resolved:download('AT+QFTPGET="p.bin","COM:"')))
    end)

    it("reports 615 without a data connection, after which the quirk ftp-615-poisons refuses everything", function()
      server:put("p.bin", PROTOCOL)
      server:put(".no-passive", "")
      local desk <close> = session()
      desk:ask('AT+QFTPGET="p.bin","COM:"', "+CME ERROR: 615")
      desk:ask('AT+QFTPGET="p.bin","UFS:p"', "OK", "+QFTPGET: 615,502")
      desk:ask("AT+QFTPPWD", "OK", '+QFTPPWD: 0,"/"')
      local poisoned <close> = session { quirks = "ftp-615-poisons" }
      poisoned:ask('AT+QFTPLIST="."', "+CME ERROR: 615")
      os.remove(server.root .. "/.no-passive")
      poisoned:ask('AT+QFTPLIST="."', "+CME ERROR: 603")
      poisoned:ask("AT+QFTPPWD", "+CME ERROR: 603")
      poisoned:ask("AT+QFTPSTAT", "+CME ERROR: 603")
      poisoned:ask("AT+QFTPCLOSE", "OK", "+QFTPCLOSE: 0,0")
      poisoned:login(server.port)
      poisoned:ask("AT+QFTPPWD", "OK", '+QFTPPWD: 0,"/"')
    end)

    for kind, words in ipairs { "implicit", "explicit" } do
      it(("speaks TLS, %s, verified by the SSL context it is given"):format(words), function()
        local port = kind == 1 and server.implicit_port or server.port
        local desk <close> = Desk.open():prepare('"ssltype",' .. kind, '"sslctxid",2')
        local function give(name)
          local ca = pki.read(folder .. "/" .. name)
          desk:ask(('AT+QFUPL="UFS:%s",%d'):format(name, #ca), "CONNECT")
          desk.terminal:type(ca)
          desk.terminal:until_("OK\r\n")
        end
        give "root.pem"
        give "other.pem"
        desk:ask('AT+QSSLCFG="seclevel",2,1', "OK")
        desk:ask('AT+QSSLCFG="sni",2,1', "OK")
        desk:ask('AT+QSSLCFG="cacert",2,"UFS:other.pem"', "OK")
        desk:ask(('AT+QFTPOPEN="%s",%d'):format(lab.HOST, port), "OK", "+QFTPOPEN: 631,0")
        desk:ask('AT+QSSLCFG="cacert",2,"UFS:root.pem"', "OK")
        desk:ask(('AT+QFTPOPEN="ftp.example",%d'):format(port), "OK", "+QFTPOPEN: 631,0")
        desk:login(port, lab.HOST)
        server:put("p.bin", PROTOCOL)
        assert.are.same(PROTOCOL, (desk:download('AT+QFTPGET="p.bin","COM:"')))
        assert.are.same(PROTOCOL:sub(11, 20), (desk:download('AT+QFTPGET="p.bin","COM:",10,10')))
        desk:upload('AT+QFTPPUT="tls.bin","COM:",0,4,1', "abcd", "OK", "+QFTPPUT: 0,4")
        assert.are.same("abcd", server:get("tls.bin"))
        assert.is_truthy(desk:download('AT+QFTPNLST="."'):find("tls.bin", 1, true))
        desk:ask('AT+QFTPCFG="transmode",0', "OK")
        desk:ask('AT+QFTPGET="p.bin","COM:"', "+CME ERROR: 615")
        desk:ask("AT+QFTPPWD", "OK", '+QFTPPWD: 0,"/"')
        desk:ask("AT+QFTPCLOSE", "OK", "+QFTPCLOSE: 0,0")
      end)
    end

    it("formats output according to quirks", function()
      local desk <close> = session { quirks = "ftp-pwd-bare,ftp-stat-before-ok,ftp-space-after-comma,ftp-password-masked" }
      server:put("p.bin", PROTOCOL)
      desk:ask("AT+QFTPPWD", "OK", "+QFTPPWD: 0,/")
      desk:ask("AT+QFTPSTAT", "+QFTPSTAT: 0,1", "OK")
      desk:ask('AT+QFTPSIZE="p.bin"', "OK", ("+QFTPSIZE: 0, %d"):format(#PROTOCOL))
      desk:ask('AT+QFTPCFG="account"', '+QFTPCFG: "account","user","******"', "OK")
    end)
  end)

  describe("when connections break", function()
    local whole = ("0123456789abcdef"):rep(16384)

    before_each(function() server:put("large.bin", whole) end)

    it("reports the loss of the control connection", function()
      local desk <close> = session()
      desk:control("ftp drop control")
      desk:ask("AT+QFTPPWD", "+CME ERROR: 606")
      desk:ask("AT+QFTPSTAT", "OK", "+QFTPSTAT: 0,4")
      desk:login(server.port)
      desk:control("ftp drop control 1000")
      desk:ask('AT+QFTPGET="large.bin","UFS:x"', "OK", "+QFTPGET: 606,0")
      desk:ask('AT+QFLST="UFS:x"', '+QFLST: "UFS:x",1000', "OK")
      desk:login(server.port)
      desk:control("ftp drop control 20")
      desk:upload('AT+QFTPPUT="cut.bin","COM:",0,100,1', ("u"):rep(20), "OK", "+QFTPPUT: 606,0")
    end)

    it("reports the loss of the data connection at the exact byte and keeps the session", function()
      local desk <close> = session()
      desk:control("ftp drop data 1000")
      desk:control("ftp drop data 2000")
      for _, at in ipairs { 1000, 2000 } do
        local data, err = desk:download('AT+QFTPGET="large.bin","COM:"')
        assert.are.same({ whole:sub(1, at), 607 }, { data, err })
      end
      desk:ask("AT+QFTPLEN", "OK", "+QFTPLEN: 0,2000")
      desk:control("ftp drop data 20")
      desk:ask('AT+QFTPPUT="cut.bin","COM:",0,100,1', "CONNECT")
      desk.terminal:type(("u"):rep(20))
      desk.terminal:until_("^\r\nOK\r\n\r\n%+QFTPPUT: 607,%d+\r\n")
      assert.is_true(desk:download('AT+QFTPGET="large.bin","COM:",2000') == whole:sub(2001))
    end)

    it("reports a loss between two pieces at the next piece", function()
      local desk <close> = session()
      desk:upload('AT+QFTPPUT="lost.bin","COM:",0,4,0', "abcd", "OK", "+QFTPPUT: 0,4")
      desk:control("ftp drop data")
      desk:becomes(1)
      desk:ask('AT+QFTPPUT="lost.bin","COM:",4,4,1', "+CME ERROR: 607")
      desk:upload('AT+QFTPPUT="lost.bin","COM:",0,4,1', "abcd", "OK", "+QFTPPUT: 0,4")
      assert.are.same("abcd", server:get("lost.bin"))
    end)

    it("prints NO CARRIER with the quirk ftp-no-carrier", function()
      local desk <close> = session { quirks = "ftp-no-carrier" }
      desk:control("ftp drop data 100")
      desk:ask('AT+QFTPGET="large.bin","COM:"', "CONNECT")
      desk:expect(nil, whole:sub(1, 100) .. "\r\nNO CARRIER\r\n")
      desk:becomes(1)
    end)

    it("closes everything with the PDP context", function()
      local desk <close> = session()
      desk:control("ftp drop pdp 100")
      desk:ask('AT+QFTPGET="large.bin","COM:"', "CONNECT")
      desk:expect(nil, whole:sub(1, 100) .. lines("NO CARRIER", "+QFTPGET: 605,0", '+QIURC: "pdpdeact",1'))
      desk:ask("AT+QFTPPWD", "+CME ERROR: 606")
      desk:ask(('AT+QFTPOPEN="ftp.example",%d'):format(server.port), "OK", "+QFTPOPEN: 604,0")
      desk:ask("AT+QIACT=1", "OK")
      desk:login(server.port)
      desk:control("ftp stall 10")
      desk:ask('AT+QFTPGET="large.bin","UFS:x"', "OK")
      desk:carries(10)
      desk:control("pdp drop 1")
      desk:ask(nil, "+QFTPGET: 605,0", '+QIURC: "pdpdeact",1')
    end)

    it("times out if no data arrives in either direction", function()
      local desk <close> = session()
      desk:control("ftp timeout 1000")
      desk:control("ftp stall 500")
      local data, err, code = desk:download('AT+QFTPGET="large.bin","COM:"')
      assert.are.same({ whole:sub(1, 500), 609, 0 }, { data, err, code })
      desk:control("ftp stall off")
      desk:ask("AT+QFTPPWD", "OK", '+QFTPPWD: 0,"/"')
      desk:control("ftp stall 10")
      desk:upload('AT+QFTPPUT="stalled.bin","COM:",0,100,1', ("s"):rep(10), "OK", "+QFTPPUT: 609,0")
      desk:control("ftp stall off")
      desk:control("ftp delay 3000")
      desk:ask('AT+QFTPSIZE="large.bin"', "OK", "+QFTPSIZE: 609,0")
      desk:ask("AT+QFTPSIZE=\"large.bin\"", "+CME ERROR: 606")
    end)

    it("does not stall any more after `ftp stall off`, even where it had yet to begin to", function()
      local desk <close> = session()
      desk:control("ftp stall 500")
      desk:control("ftp stall off")
      local data, err = desk:download('AT+QFTPGET="large.bin","COM:",0,1000')
      assert.are.same({ whole:sub(1, 1000), 0 }, { data, err })
    end)

    it("ends a waiting upload when its connection is lost, for whatever reason", function()
      for control, result in pairs { ["ftp drop data"] = "OK 607", ["ftp drop control"] = "OK 606",
        ["pdp drop 1"] = "NO CARRIER 605" } do
        local desk <close> = session()
        desk:control("ftp stall 10")
        desk:ask('AT+QFTPPUT="waits.bin","COM:",0,100,1', "CONNECT")
        desk.terminal:put(desk.emulator, ("w"):rep(100))
        desk:control(control)
        local seen = desk.terminal:until_("%+QFTPPUT: %d+,%d+\r\n")
        assert.are.same(result, table.concat({ seen:match("^\r\n(.-)\r\n\r\n%+QFTPPUT: (%d+),%d+\r\n$") }, " "))
      end
    end)

    it("answers other commands during a file transfer and can abort it", function()
      local desk <close> = session()
      desk:control("ftp stall 1000")
      desk:ask('AT+QFTPGET="large.bin","UFS:x"', "OK")
      desk:ask("AT", "OK")
      desk:ask("AT+QFTPSTAT", "OK", "+QFTPSTAT: 0,2")
      desk:carries(1000)
      desk:ask("AT+QFTPPWD", "+CME ERROR: 603")
      desk:ask("AT+QFTPCLOSE", "OK", "+QFTPGET: 616,0", "+QFTPCLOSE: 0,0")
      desk:ask("AT+QFTPSTAT", "OK", "+QFTPSTAT: 0,4")
    end)

    it("survives a reboot and the loss of the port during a transfer", function()
      local desk <close> = session()
      desk:control("ftp reboot 100")
      desk:ask('AT+QFTPGET="large.bin","COM:"', "CONNECT")
      desk:expect(nil, whole:sub(1, 100) .. lines("RDY"))
      desk.terminal:until_("PB DONE\r\n")
      desk:ask("ATE0", "OK")
      desk:ask("AT+QFTPSTAT", "OK", "+QFTPSTAT: 0,4")
      desk:prepare():login(server.port)
      desk:control("ftp hangup 100")
      desk.terminal:type('AT+QFTPGET="large.bin","COM:"\r')
      local _, words = pcall(desk.terminal.until_, desk.terminal, "QFTPGET: ")
      assert.is_truthy(tostring(words):find("hung up", 1, true))
    end)

    it("detects that the server has exited", function()
      local mortal = Server.start(folder, { name = "mortal" })
      mortal:put("large.bin", whole)
      local desk <close> = Desk.open():prepare():login(mortal.port)
      desk:control("ftp stall 1000")
      desk:ask('AT+QFTPGET="large.bin","UFS:x"', "OK")
      desk:carries(1000)
      mortal:close()
      desk:ask(nil, "+QFTPGET: 606,0")
      desk:ask("AT+QFTPPWD", "+CME ERROR: 606")
      desk:ask("AT+QFTPCLOSE", "OK", "+QFTPCLOSE: 0,0")
    end)
  end)
end)
