-- What callers name on this host: regular files take the place of others, and are read at any place; FIFOs and devices
-- are written through, and read once; folders and sockets are neither. Whatever it is, nothing blocks.

local core = require "hayes.core"
local ftp_lab = require "support.ftp_lab"
local hayes = require "hayes"
local lab = require "support.lab"
local lfs = require "lfs"
local local_file = require "hayes.local_file"
local Process = require "support.process"
local raises = require "support.raises"
local script = require "support.script"
local Server = require "support.ftp_server"
local socket_unix = require "socket.unix"
local targets = require "hayes.dialect.quectel.ftp.targets"
local wait = require "hayes.wait"

local BYTES = ftp_lab.bytes(120000)

local is_root = Process.run { "id", "-u" } == "0\n"

describe("A path of this host", function()
  local folder, server, modem, emulator, ftp, lines

  setup(function()
    server = Server.start(lab.folder(), { name = "places" })
    modem, emulator = ftp_lab.online(nil, { trace = function(line) lines[#lines + 1] = line end })
    ftp = assert(modem.ftp.open(ftp_lab.account(server)))
    server:put("down.bin", BYTES)
    assert(modem.file.upload({ data = BYTES }, "m.bin"))
  end)

  teardown(function()
    modem:close()
    emulator:close()
    server:close()
  end)

  lines = {}

  before_each(function()
    folder = lab.folder() .. "/places-of-ours"
    Process.run { "rm", "-rf", folder }
    Process.run { "mkdir", "-p", folder .. "/other" }
    lines = {}
  end)

  local function kind(name) return lfs.symlinkattributes(folder .. "/" .. name, "mode") end

  local function names(where)
    local list = {}
    for name in lfs.dir(where or folder) do
      if not name:find("^%.%.?$") then list[#list + 1] = name end
    end
    table.sort(list)
    return list
  end

  local function fifo(name)
    Process.run { "mkfifo", folder .. "/" .. name }
    return folder .. "/" .. name
  end

  --- A device like one of /dev, which itself is not put at risk: for root this makes a node; others cannot harm it.
  local function device(name, minor)
    local path = folder .. "/" .. name
    if os.execute(("mknod '%s' c 1 %d 2>/dev/null"):format(path, minor)) then return path end
    if not is_root then return "/dev/" .. name end
  end

  local function socket_file(name)
    local listener = assert(socket_unix.stream())
    assert(listener:bind(folder .. "/" .. name))
    return folder .. "/" .. name, listener
  end

  --- Both ways for a file to come to this host, and both for one to leave it.
  local gets = {
    ["ftp:get"] = function(path) return ftp:get("down.bin", path) end,
    ["file.download"] = function(path) return modem.file.download("m.bin", path) end,
  }
  local puts = {
    ["ftp:put"] = function(path, options) return ftp:put(path, "up.bin", options) end,
    ["file.upload"] = function(path) return modem.file.upload(path, "up.bin", { replace = true }) end,
  }

  local function refused(name, words, f, ...)
    local result, err = f(...)
    assert.is_nil(result)
    assert.are.same(name, err.name)
    assert.is_truthy(tostring(err):find(words, 1, true), tostring(err))
    assert.are.same({}, lines)
  end

  for call, get in pairs(gets) do
    describe("with " .. call, function()
      it("keeps the permissions of the file that it replaces", function()
        for i, mode in ipairs { "rw-------", "r--r-----", "rwxr-x--x", "rw-rw-rw-" } do
          local path = ftp_lab.write(("%s/%d"):format(folder, i), "old")
          Process.run { "chmod", ("u=%s,g=%s,o=%s"):format(mode:sub(1, 3), mode:sub(4, 6), mode:sub(7)):gsub("-", ""), path }
          assert.are.same(mode, lfs.attributes(path, "permissions"))
          assert(get(path))
          assert.are.same({ #BYTES, mode }, { lfs.attributes(path, "size"), lfs.attributes(path, "permissions") })
        end
      end)

      it("replaces a file of another user by one that is that user's", function()
        local path = ftp_lab.write(folder .. "/file", "old")
        if not is_root then return pending("this user can give no file away") end
        Process.run { "chown", "12345:23456", path }
        assert(get(path))
        assert.are.same({ 12345, 23456 }, { lfs.attributes(path, "uid"), lfs.attributes(path, "gid") })
      end)

      it("leaves alone what somebody has put where it would be written until it is complete", function()
        local victim, path = folder .. "/other/victim", folder .. "/file"
        local put = {
          ["It is a symbolic link"] = function() assert(lfs.link("other/victim", path .. ".part", true)) end,
          ["It is another file, too (a hard link)"] = function() assert(lfs.link(victim, path .. ".part")) end,
          ["It belongs to another user"] = is_root and function()
            ftp_lab.write(path .. ".part", "")
            Process.run { "chown", "12345", path .. ".part" }
          end or nil,
        }
        for words, f in pairs(put) do
          ftp_lab.write(victim, "precious")
          f()
          refused("sink_failed", path .. ".part: " .. words, get, path)
          assert.are.same("precious", ftp_lab.read(victim))
          assert.is_nil(lfs.attributes(path))
          assert(os.remove(path .. ".part"))
        end
      end)

      it("that is a device is written through, and nothing is made beside it", function()
        local path = device("null", 3)
        if not path then return pending("no device can be made here") end
        assert.are.same(#BYTES, assert(get(path)).bytes)
        assert.are.same("char device", lfs.attributes(path, "mode"))
        assert.is_nil(lfs.attributes(path .. ".part"))
      end)

      it("that is a full device is told so", function()
        local path = device("full", 7)
        if not path then return pending("no device can be made here") end
        local result, err = get(path)
        assert.is_nil(result)
        assert.are.same("sink_failed", err.name)
        assert.is_truthy(tostring(err):find("No space left on device", 1, true), tostring(err))
      end)

      it("that is a FIFO is written through, as fast as it is read", function()
        local path = fifo("fifo")
        local reader, parts = assert(core.file(path, "read")), {}
        hayes.run(function()
          hayes.spawn(function()
            repeat
              local bytes = reader:read_some(10000)
              if bytes then parts[#parts + 1] = bytes else hayes.sleep(0.001) end
            until bytes == ""
          end)
          assert.are.same(#BYTES, assert(get(path)).bytes)
        end)
        assert.is_true(table.concat(parts) == BYTES)
        assert.are.same({ "named pipe", { "fifo", "other" } }, { kind "fifo", names() })
      end)

      it("that is a FIFO without a reader is refused before anything is asked for", function()
        refused("no_reader", "fifo: It is a FIFO that no program reads", get, fifo "fifo")
      end)

      it("that is a link stays one, and the file it leads to is replaced where that is", function()
        ftp_lab.write(folder .. "/other/file", "old")
        assert(lfs.link("other/file", folder .. "/link", true))
        assert(lfs.link(lfs.currentdir() .. "/" .. folder .. "/link", folder .. "/other/back", true))
        assert.are.same(#BYTES, assert(get(folder .. "/other/back")).bytes)
        assert.is_true(ftp_lab.read(folder .. "/other/file") == BYTES)
        assert.are.same({ "link", "link" }, { kind "link", kind "other/back" })
        assert.are.same({ { "link", "other" }, { "back", "file" } }, { names(), names(folder .. "/other") })
      end)

      it("that is a link to nothing makes what it leads to", function()
        assert(lfs.link("other/new", folder .. "/link", true))
        assert(get(folder .. "/link"))
        assert.is_true(ftp_lab.read(folder .. "/other/new") == BYTES)
        assert.are.same({ "link", { "new" } }, { kind "link", names(folder .. "/other") })
      end)

      it("that is a link to a device is written through", function()
        local path = device("null", 3)
        if not path then return pending("no device can be made here") end
        assert(lfs.link("null", folder .. "/link", true))
        if path == "/dev/null" then assert(lfs.link(path, folder .. "/null", true)) end
        assert(get(folder .. "/link"))
        assert.are.same({ "link", "char device" }, { kind "link", lfs.attributes(path, "mode") })
        assert.are.same({ "link", "null", "other" }, names())
      end)

      it("that is an open file of this process is written through", function()
        local file = assert(io.open(folder .. "/out", "w"))
        file:write("before ")
        file:flush()
        local number
        for name in lfs.dir("/proc/self/fd") do
          local link = lfs.symlinkattributes("/proc/self/fd/" .. name, "target")
          if link and link:find(folder .. "/out", 1, true) then number = name end
        end
        assert(get("/proc/self/fd/" .. number))
        file:close()
        assert.is_true(ftp_lab.read(folder .. "/out") == "before " .. BYTES)
        assert.are.same({ "other", "out" }, names())
      end)

      it("that cannot be written is refused before anything is asked for", function()
        refused("is_a_directory", "other: Is a directory", get, folder .. "/other")
        refused("is_a_directory", "Is a directory", get, folder .. "/")
        assert(lfs.link("other", folder .. "/link", true))
        refused("is_a_directory", "link: Is a directory", get, folder .. "/link")
        refused("no_such_file", "No such file", get, folder .. "/none/file")
        refused("no_such_file", "No such file", get, "")
        refused("bad_path", "File name too long", get, folder .. ("/x"):rep(5000))
        refused("no_such_file", "Not a directory", get, ftp_lab.write(folder .. "/file", "x") .. "/file")
        assert(lfs.link("circle", folder .. "/circle", true))
        refused("bad_path", "Too many levels of symbolic links", get, folder .. "/circle")
        local path, listener = socket_file("socket")
        refused("is_a_socket", "socket: It is a socket", get, path)
        listener:close()
        fifo("file.part")
        refused("sink_failed", "file.part: It is not a regular file", get, folder .. "/file")
        assert.are.same("x", ftp_lab.read(folder .. "/file"))
      end)
    end)
  end

  for call, put in pairs(puts) do
    it("with " .. call .. " that cannot be read is refused before anything is sent", function()
      server:put("up.bin", "precious")
      refused("is_a_directory", "other: Is a directory", put, folder .. "/other")
      refused("no_such_file", "none: No such file", put, folder .. "/none")
      refused("source_failed", "/proc/self/mem: Input/output error", put, "/proc/self/mem")
      local path, listener = socket_file("socket")
      refused("is_a_socket", "It is a socket", put, path)
      listener:close()
      refused("is_a_device", "/dev/zero: It is a device, w", put, "/dev/zero")
      assert.are.same("precious", server:get("up.bin"))
    end)
  end

  -- Root passes permissions.
  if not is_root then
    it("that is not the user's is refused before anything is sent", function()
      local path = ftp_lab.write(folder .. "/file", "secret")
      Process.run { "chmod", "000", path }
      Process.run { "chmod", "555", folder .. "/other" }
      for _, put in pairs(puts) do refused("permission_denied", "file: Permission denied", put, path) end
      for _, get in pairs(gets) do
        refused("permission_denied", "new.part: Permission denied", get, folder .. "/other/new")
      end
    end)
  end

  it("with file.upload must tell its length, and what to do is said when it does not", function()
    for name, path in pairs { is_a_fifo = fifo "fifo", is_a_stream = "/proc/self/status" } do
      refused(name, path, puts["file.upload"], path)
      local _, err = puts["file.upload"](path)
      assert.is_truthy(err.hint:find("{ data = bytes }", 1, true))
    end
  end)

  it("that is refused once it is open is closed again, without the collector", function()
    collectgarbage()
    collectgarbage("stop")
    local before = #names("/proc/self/fd")
    local _, no_length = local_file.source("/proc/self/status")
    local _, unreadable = local_file.source("/proc/self/mem")
    local after = #names("/proc/self/fd")
    collectgarbage("restart")
    assert.are.same({ "is_a_stream", "source_failed" }, { no_length.name, unreadable.name })
    assert.are.same(before, after)
  end)

  it("with ftp:put is a stream where it has no length: a FIFO", function()
    local path, source = fifo "fifo", ftp_lab.write(folder .. "/source", BYTES)
    refused("is_a_fifo", "fifo: It is a FIFO", ftp.put, ftp, path, "up.bin", { resume = true })
    local ticks, writer = 0, nil
    hayes.run(function()
      local over
      -- The library waits for a writer, and others go on meanwhile.
      hayes.spawn(function()
        while not over do
          ticks = ticks + 1
          if ticks == 20 then writer = Process.start { "sh", "-c", "cat '" .. source .. "' >'" .. path .. "'" } end
          hayes.sleep(0.002)
        end
      end)
      assert.are.same(#BYTES, assert(ftp:put(path, "up.bin", { piece = 50000 })).bytes)
      over = true
    end)
    writer:close()
    assert.is_true(ticks >= 20)
    assert.is_true(server:get("up.bin") == BYTES)
    assert.are.same("named pipe", kind "fifo")
  end)

  it("with ftp:put is a stream where it has no length: a device, a file of /proc", function()
    assert.are.same(70000, assert(ftp:put("/dev/zero", "up.bin", { length = 70000, piece = 50000 })).bytes)
    assert.is_true(server:get("up.bin") == ("\0"):rep(70000))
    assert(ftp:put("/proc/version", "up.bin", { piece = 50000 }))
    assert.are.same(ftp_lab.read("/proc/version"), server:get("up.bin"))
  end)

  it("with file.download of what is not there leaves what an earlier run has left, and nothing else", function()
    local path = folder .. "/file"
    for _, left in ipairs { "half of it", false } do
      if left then ftp_lab.write(path .. ".part", left) end
      local result, err = modem.file.download("none.bin", path)
      assert.are.same({ nil, 405 }, { result, err.code })
      assert.are.same(left, lfs.attributes(path .. ".part") and ftp_lab.read(path .. ".part") or false)
      os.remove(path .. ".part")
    end
  end)

  it("that replaces a private file is private while it is written", function()
    local path = ftp_lab.write(folder .. "/file", "secret")
    ftp_lab.write(path .. ".part", "secr")
    Process.run { "chmod", "640", path }
    for _ = 1, 2 do
      local target <close> = assert(local_file.target(path))
      assert.are.same("rw-r-----", lfs.attributes(target.part_path, "permissions"))
      target:discard()
    end
  end)

  it("that has become a folder meanwhile leaves what has come beside it", function()
    local target <close> = assert(targets.open(folder .. "/late", true))
    assert(target:prepare())
    assert.are.same(5, target.sink:write("bytes"))
    assert(target:keep(5))
    assert(lfs.mkdir(folder .. "/late"))
    local done, err = target:finish()
    assert.are.same({ nil, "rename_failed" }, { done, err.name })
    target:fail(err)
    assert.are.same("bytes", ftp_lab.read(folder .. "/late.part"))
  end)

  it("that gives or takes nothing for long is given up", function()
    script.virtual_time()
    finally(script.real_time)
    local silent = assert(local_file.source(fifo "silent", {}))
    assert.are.same({ nil, folder .. "/silent: no data came from it for 90 s" }, { silent.next() })
    local path = fifo "stuck"
    local reader <close> = assert(core.file(path, "read"))
    local target <close> = assert(local_file.target(path))
    assert.are.same({ nil, "it accepted no data for 90 s" }, { target.sink(("x"):rep(1 << 17)) })
    assert.is_truthy(reader)
  end)

  it("that has nothing to give is waited for without spinning", function()
    local reader <close> = assert(core.file(fifo "fifo", "read"))
    local began = os.clock()
    assert.are.same({ nil, "timeout" }, { wait.descriptor(reader:fd(), false, wait.now() + 0.2) })
    assert.is_true(os.clock() - began < 0.1)
  end)

  it("of a certificate is read without waiting, and to an end", function()
    local function message(path) return raises(function() modem.ssl.open("h", 443, { ca = path }) end) end
    assert.is_truthy(message(fifo "fifo"):find("fifo: It is a FIFO, whose length is unknown; read it first, and give "
      .. "{ pem = text }", 1, true))
    assert.is_truthy(message("/dev/zero"):find("ca cannot be read: /dev/zero: It is a device", 1, true))
    assert.is_truthy(message(folder):find("Is a directory", 1, true))
    assert.are.same({}, lines)
  end)

  describe("of a trace", function()
    --- Fills a FIFO until it takes no more lines; how many went in, and the log.
    local function fill(path)
      local log, count = assert(local_file.log(path)), 0
      while log.missing == 0 do
        count = count + 1
        log:write(("%05d %s"):format(count, ("x"):rep(count % 200)))
      end
      return log, count - 1
    end

    --- What a FIFO holds.
    local function drain(reader)
      local parts = {}
      repeat
        local bytes = reader:read_some(32768)
        parts[#parts + 1] = bytes or nil
      until not bytes or bytes == ""
      return table.concat(parts)
    end

    it("that is a FIFO without a reader, or cannot be written, is refused", function()
      for name, path in pairs { no_reader = fifo "fifo", is_a_directory = folder, no_such_file = folder .. "/none/trace" } do
        local opened, err = hayes.open_port(script.port(script.quectel {}), "script", { trace = path })
        assert.is_nil(opened)
        assert.are.same(name, err.name)
        assert.is_truthy(tostring(err):find("^the trace: the file cannot be written: "), tostring(err))
      end
    end)

    it("that takes no more for a time holds nothing up, and tells what is missing", function()
      local path = fifo "fifo"
      local reader = assert(core.file(path, "read"))
      local log, count = fill(path)
      for _ = 1, 9 do log:write("lost") end
      local text = drain(reader)
      log:write("later")
      log:write("last")
      text = text .. drain(reader)
      local got = {}
      for line in text:gmatch("[^\n]*\n") do got[#got + 1] = line end
      assert.are.same({ "later\n", "last\n" }, { got[count + 2], got[count + 3] })
      assert.are.same("- 10 lines are missing here (the reader was too slow)\n", got[count + 1])
      for i = 1, count do assert.is_true(got[i] == ("%05d %s\n"):format(i, ("x"):rep(i % 200))) end
      log:close()
    end)

    it("that loses its reader does not end the program, and has another one later", function()
      local path = fifo "fifo"
      -- In a program of its own: LuaSocket, which is loaded here, has SIGPIPE ignored.
      local program = ([[
        package.path, package.cpath = %q, %q
        local core, local_file = require "hayes.core", require "hayes.local_file"
        local reader = core.file(%q, "read")
        local log = local_file.log(%q)
        log:write("one")
        reader:close()
        log:write("two")
        reader = core.file(%q, "read")
        log:write("three")
        io.write(reader:read_some(1000))
      ]]):format(package.path, package.cpath, path, path, path)
      assert.are.same("hayes: the trace cannot be written: Broken pipe\none\n- 1 line is missing here (Broken pipe)\nthree\n",
        Process.run({ "lua5.4", "-e", program }, { ours = true }))
    end)

    it("that goes to a full device is reported once, with the system's error message", function()
      local path = device("full", 7)
      if not path then return pending("no device can be made here") end
      local program = ([[
        package.path, package.cpath = %q, %q
        local log = require("hayes.local_file").log(%q)
        for _ = 1, 3 do log:write("lost") end
        log:close()
        io.write(log.missing)
      ]]):format(package.path, package.cpath, path)
      assert.are.same("hayes: the trace cannot be written: No space left on device\n3",
        Process.run({ "lua5.4", "-e", program }, { ours = true }))
    end)

    it("is gone on with where it is a file, also through a link", function()
      ftp_lab.write(folder .. "/other/trace", "before\n")
      assert(lfs.link("other/trace", folder .. "/link", true))
      local log = assert(local_file.log(folder .. "/link"))
      log:write("behind")
      log:close()
      assert.are.same("before\nbehind\n", ftp_lab.read(folder .. "/other/trace"))
      assert.are.same("link", kind "link")
    end)

    it("begins anew at the size that was asked for, keeps the file before, and loses nothing", function()
      local path = folder .. "/sized"
      ftp_lab.write(path, ("x"):rep(80) .. "\n")
      local log = assert(local_file.log(path, 100))
      for i = 1, 20 do log:write(("%02d%s"):format(i, ("y"):rep(22))) end
      log:close()
      local before, now = ftp_lab.read(path .. ".1"), ftp_lab.read(path)
      assert.are.equal(100, #before) -- four lines
      assert.are.same({ "13", "17" }, { before:sub(1, 2), now:sub(1, 2) })
      assert.are.equal("20", now:match "(%d%d)y+\n$")
    end)

    it("that cannot be renamed grows on, and that is reported once", function()
      local path = folder .. "/grows"
      assert(lfs.mkdir(path .. ".1"))
      ftp_lab.write(path .. ".1/there", "")
      local program = ([[
        package.path, package.cpath = %q, %q
        local log = require("hayes.local_file").log(%q, 100)
        for _ = 1, 9 do log:write(("z"):rep(24)) end
        log:close()
      ]]):format(package.path, package.cpath, path)
      local said = Process.run({ "lua5.4", "-e", program }, { ours = true })
      assert.is_truthy(said:find "^hayes: the trace cannot be begun anew: [^\n]+\n$", said)
      assert.are.equal(225, #ftp_lab.read(path))
    end)
  end)

  it("of a trace has the time in UTC, the direction and the dialect in each line", function()
    lines = {}
    local began = os.time()
    local traced <close> = assert(hayes.open("emulator", { trace = function(line) lines[#lines + 1] = line end }))
    assert(traced:at "AT+CSQ")
    traced:close()
    local before = ""
    for _, line in ipairs(lines) do
      local year, month, day, rest = line:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)T(%d%d:%d%d:%d%d%.%d%d%d%d%d%dZ) [<>-] "
      assert.is_truthy(rest, line)
      assert.are.same({ os.date("!%Y"), os.date("!%m") }, { year, month })
      assert.is_true(math.abs(tonumber(day) - tonumber(os.date("!%d", began))) <= 1)
      assert.is_true(line:sub(1, 27) >= before)
      before = line:sub(1, 27)
    end
    assert.is_truthy(table.concat(lines, "\n"):find(" %- dialect quectel\n"))
  end)
end)
